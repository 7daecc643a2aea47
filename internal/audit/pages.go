package audit

import "github.com/latchkey/latchkey"

// place is how far a reader of an organization's chain has come.
type place struct {
	event      int64 // the number of the last event that was read
	checkpoint int64 // and of the last checkpoint
}

// nextPage reads what follows on the place, events and checkpoints in the order
// of an export: each checkpoint right after its event, those without an event
// last. It moves the place, and returns whether there may be more.
//
// A checkpoint is signed only for the newest event there is, and in the lock of
// the organization. So none appears before a place that was read once, and pages
// may be read in different snapshots.
func nextPage(r latchkey.Reader, org latchkey.OrgID, at *place) (page []Line, more bool, err error) {
	events, err := r.Events(org, at.event, eventPage)
	if err != nil {
		return nil, false, err
	}
	checkpoints, err := r.Checkpoints(org, at.checkpoint, eventPage+1)
	if err != nil {
		return nil, false, err
	}
	moreEvents := len(events) == eventPage
	moreCheckpoints := len(checkpoints) == eventPage+1
	n := 0
	upTo := func(seq int64) {
		for ; n < len(checkpoints) && checkpoints[n].Seq <= seq; n++ {
			page = append(page, Line{Checkpoint: &checkpoints[n]})
			at.checkpoint = checkpoints[n].Seq
		}
	}
	for i := range events {
		upTo(events[i].Seq - 1)
		page = append(page, Line{Event: &events[i]})
		at.event = events[i].Seq
	}
	upTo(at.event)
	if !moreEvents && n < len(checkpoints) {
		upTo(checkpoints[len(checkpoints)-1].Seq)
	}
	return page, moreEvents || moreCheckpoints && n > 0, nil
}
