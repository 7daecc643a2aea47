package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// sample is what one run of one operation showed.
type sample struct {
	Rate     float64       // operations a second
	CPU      time.Duration // of the serving process for one operation
	P50, P99 time.Duration
	Share    float64 // what the slowest connection got, as a part of the mean
}

// measure lets conns workers work for a while, after a warm-up of a quarter of
// it, and returns what the run showed. The first error of any worker ends it.
func measure(ctx context.Context, t target, pid int, op operation, conns int, length time.Duration, seed uint64) (sample, error) {
	workers := make([]worker, conns)
	for i := range workers {
		w := t.worker(op, i, conns, rand.New(rand.NewPCG(seed, uint64(i))))
		if w == nil {
			return sample{}, errNone
		}
		workers[i] = w
		defer w.close()
	}
	if _, err := work(ctx, workers, length/4); err != nil {
		return sample{}, fmt.Errorf("%s %s: %w", t.name(), op, err)
	}
	before, err := cpuTime(pid)
	if err != nil {
		return sample{}, err
	}
	began := time.Now()
	took, err := work(ctx, workers, length)
	if err != nil {
		return sample{}, fmt.Errorf("%s %s: %w", t.name(), op, err)
	}
	elapsed := time.Since(began)
	after, err := cpuTime(pid)
	if err != nil {
		return sample{}, err
	}
	return summarize(took, elapsed, after-before), nil
}

// errNone says that a target does not have an operation.
var errNone = fmt.Errorf("not to be had")

// work lets the workers work side by side and returns how long each request of
// each took.
func work(ctx context.Context, workers []worker, length time.Duration) ([][]time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	took := make([][]time.Duration, len(workers))
	errs := make([]error, len(workers))
	var wg sync.WaitGroup
	for i, w := range workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				began := time.Now()
				if err := w.do(); err != nil {
					errs[i] = err
					cancel()
					return
				}
				took[i] = append(took[i], time.Since(began))
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return took, nil
}

func summarize(took [][]time.Duration, elapsed, cpu time.Duration) sample {
	var all []time.Duration
	least := -1
	for _, t := range took {
		all = append(all, t...)
		if least < 0 || len(t) < least {
			least = len(t)
		}
	}
	if len(all) == 0 {
		return sample{}
	}
	slices.Sort(all)
	return sample{
		Rate:  float64(len(all)) / elapsed.Seconds(),
		CPU:   cpu / time.Duration(len(all)),
		P50:   all[len(all)/2],
		P99:   all[len(all)*99/100],
		Share: float64(least) * float64(len(took)) / float64(len(all)),
	}
}
