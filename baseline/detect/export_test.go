package detect

import "time"

// PutOff makes d put off what it may put off, for an hour.
func (d *Detector) PutOff() { d.unasked.last = time.Now().Add(time.Hour) }
