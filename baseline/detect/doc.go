// Package detect turns events into alerts: rules over signals, errors, logins, profiles and volume, one alert for each
// campaign.
//
// It guarantees that every committed batch is judged, however late it came; that judging it again, in another order, or on
// two replicas yields the same alerts with the same ids; and that no alert holds a literal of a statement. It does not parse
// SQL, which ingest has done, and it does not deliver alerts.
package detect
