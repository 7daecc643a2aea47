package metrics

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/latchkey/latchkey"
)

// at is what the series of an operation are found by.
type at struct{ operation, generation string }

// Operation counts the answers of one operation on one generation. Its series
// are made when they are needed and found by the number of the refusal from then
// on, so that counting allocates nothing. Nil counts nothing.
type Operation struct {
	at
	m     *Metrics
	once  sync.Once
	took  prometheus.Observer
	cells []atomic.Pointer[cell] // by the code of the refusal; 0 for none
}

// cell is one series of answers.
type cell struct {
	status    int
	errorCode string
	count     prometheus.Counter
}

// Operation returns what counts the answers of the operation on the
// generation, always the same. Both must be names from tables of the program.
func (m *Metrics) Operation(name, generation string) *Operation {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	key := at{name, generation}
	o := m.operations[key]
	if o == nil {
		o = &Operation{at: key, m: m, cells: make([]atomic.Pointer[cell], len(latchkey.Codes())+1)}
		m.operations[key] = o
	}
	return o
}

// Answered counts an answer: its status, the refusal it stands for or 0, what
// that is called on the wire or "", and how long the request took. Status and
// errorCode must come from tables of the program.
func (o *Operation) Answered(status int, code latchkey.Code, errorCode string, took time.Duration) {
	if o == nil {
		return
	}
	o.once.Do(func() { o.took = o.m.durations.WithLabelValues(o.operation) })
	o.took.Observe(took.Seconds())
	if int(code) >= len(o.cells) {
		code = latchkey.CodeInternal
	}
	if c := o.cells[code].Load(); c != nil && c.status == status && c.errorCode == errorCode {
		c.count.Inc()
		return
	}
	c := &cell{status, errorCode, o.m.requests.WithLabelValues(o.operation, o.generation, strconv.Itoa(status), errorCode)}
	o.cells[code].CompareAndSwap(nil, c)
	c.count.Inc()
}
