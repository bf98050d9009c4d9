package parsers

import "github.com/auditwarden/auditwarden/parsers/jsonscan"

// objectKind is what a JSON object proves to be by its keys.
type objectKind uint8

const (
	objUnknown objectKind = iota
	objJSONLog
	objPercona
	objEnterprise
	objMcAfee
	objStreamList // decrypted activity stream
	objStreamEvent
	objStreamSealed // encrypted activity stream
	objCloudWatch
	objGoogle
	objAzureList
	objAzure
	objCNPG
	objLogToFile
	objSupabase
	objOTLP
	objConnect
	objGoogleText
	objRecords
	objLogEvents
)

// classify walks an object once, for what it is and where it ends.
func classify(raw []byte) (kind objectKind, end int, err error) {
	var seen marks
	s := jsonscan.Walk(raw)
	for key, v, ok := s.Next(); ok; key, v, ok = s.Next() {
		seen |= markOf(key, v.Kind)
	}
	if s.Err != nil {
		return objUnknown, 0, s.Err
	}
	for _, rule := range kinds {
		if seen&rule.all == rule.all {
			kind = rule.kind
			break
		}
	}
	return kind, len(raw) - len(s.Rest()), nil
}

// marks are the keys that tell kinds of objects apart.
type marks uint32

const (
	markSeverity marks = 1 << iota
	markPercona
	markClass
	markEvent
	markAccount
	markMcAfee
	markStreamList
	markStreamSealed
	markLogTime
	markStreamUser
	markCloudWatch
	markGoogle
	markAzureList
	markCategory
	markProperties
	markRecord
	markLogToFile
	markMetadata
	markEventMessage
	markOTLP
	markSchema
	markPayload
	markServerID
	markTextPayload
	markResource
	markRecords
	markEvents
	markPage
)

// kinds lists which keys make which kind, the surest first.
var kinds = [...]struct {
	all  marks
	kind objectKind
}{
	{markPercona, objPercona}, {markMcAfee, objMcAfee}, {markStreamList, objStreamList}, {markStreamSealed, objStreamSealed},
	{markCloudWatch, objCloudWatch}, {markGoogle, objGoogle}, {markAzureList, objAzureList}, {markLogToFile, objLogToFile}, {markOTLP, objOTLP},
	{markSeverity, objJSONLog}, {markClass | markEvent | markAccount, objEnterprise}, {markClass | markServerID, objEnterprise}, {markClass | markLogTime | markStreamUser, objStreamEvent},
	{markCategory | markProperties, objAzure}, {markRecord, objCNPG}, {markMetadata | markEventMessage, objSupabase},
	{markSchema | markPayload, objConnect}, {markTextPayload | markResource, objGoogleText}, {markRecords, objRecords}, {markEvents | markPage, objLogEvents},
}

func markOf(key []byte, kind jsonscan.Kind) marks {
	switch string(key) {
	case "error_severity":
		return markSeverity
	case "audit_record":
		return markPercona
	case "class":
		return markClass
	case "connection_id", "account", "startup_data", "shutdown_data":
		return markAccount
	case "server_id": // audit_log_filter's first record has no event
		return markAccount | markServerID
	case "msg-type":
		return markMcAfee
	case "databaseActivityEventList":
		return markStreamList
	case "databaseActivityEvents":
		return markStreamSealed
	case "logTime":
		return markLogTime
	case "dbUserName":
		return markStreamUser
	case "logEvents", "messageType":
		return markCloudWatch
	case "protoPayload":
		return markGoogle
	case "category":
		return markCategory
	case "log.source":
		return markLogToFile
	case "event_message":
		return markEventMessage
	case "searchedLogStreams", "nextForwardToken", "nextBackwardToken", "nextToken":
		return markPage
	case "resourceLogs":
		return markOTLP
	case "schema":
		return markSchema
	case "payload":
		return markPayload
	}
	return markOfKind(key, kind)
}

// markOfKind knows the keys that count only with a value of the right kind.
func markOfKind(key []byte, kind jsonscan.Kind) marks {
	switch {
	case string(key) == "event" && kind == jsonscan.String:
		return markEvent
	case string(key) == "textPayload" && kind == jsonscan.String:
		return markTextPayload
	case string(key) == "resource" && kind == jsonscan.Object:
		return markResource
	case string(key) == "Records" && kind == jsonscan.Array:
		return markRecords
	case string(key) == "events" && kind == jsonscan.Array:
		return markEvents
	case string(key) == "records" && kind == jsonscan.Array:
		return markAzureList
	case string(key) == "properties" && kind == jsonscan.Object:
		return markProperties
	case string(key) == "record" && kind == jsonscan.Object:
		return markRecord
	case string(key) == "metadata" && (kind == jsonscan.Array || kind == jsonscan.Object):
		return markMetadata
	}
	return 0
}
