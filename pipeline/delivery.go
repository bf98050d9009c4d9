package pipeline

import "time"

// DeliveryState is what became of an alert at one sink.
type DeliveryState string

// The states. Only a pending delivery is tried (again).
const (
	DeliveryPending DeliveryState = "pending"
	DeliverySent    DeliveryState = "sent"
	DeliveryFailed  DeliveryState = "failed" // the sink refused it for good
)

// Delivery is one alert on its way to one sink; (Alert.ID, Sink) is its identity. It exists, pending, since the alert
// was stored, and is kept when it is done.
type Delivery struct {
	Alert    Alert
	Sink     string // configured name
	State    DeliveryState
	Attempts int       // tries so far
	NextAt   time.Time // not to be tried before; zero for at once
	// Detail is the last attempt's error, or says which summary took the alert's place; it holds no secret.
	Detail string
	At     time.Time // of the last change
}
