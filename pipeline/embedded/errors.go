package embedded

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/auditwarden/auditwarden/pipeline/embedded/internal/chdb"
)

// Numbers of ClickHouse's exceptions, from its ErrorCodes.cpp.
const (
	codeUnknownException     = 1002
	codeAuthenticationFailed = 516
	codeReadOnly             = 164
)

// exception makes an error in the engine's own words.
func exception(code int, name, message string) *chdb.Error {
	return &chdb.Error{Code: code, Name: name, Message: fmt.Sprintf("Code: %d. DB::Exception: %s. (%s)", code, message, name)}
}

// asException gives err the shape of the engine's errors.
func asException(err error) *chdb.Error {
	var e *chdb.Error
	if errors.As(err, &e) {
		return e
	}
	return exception(codeUnknownException, "UNKNOWN_EXCEPTION", err.Error())
}

// statusOf is the HTTP status of an exception, as exceptionCodeToHTTPStatus in ClickHouse's HTTPHandler.
func statusOf(code int) int {
	switch code {
	case 194: // REQUIRED_PASSWORD
		return http.StatusUnauthorized
	case codeAuthenticationFailed, 192, 193, 497: // UNKNOWN_USER, WRONG_PASSWORD, ACCESS_DENIED
		return http.StatusForbidden
	case 6, 26, 27, 28, 33, 34, 38, 41, 62, 69, 72, 117, 130, 131, 321, 377, 386, 395, 467, 53, 6000, 457, 115, 36:
		return http.StatusBadRequest
	case 60, 81, 47, 46, 63, 73, 83, 48, 5, 16, 50:
		return http.StatusNotFound
	case 198, 372, 374, 1, 2:
		return http.StatusInternalServerError
	case 411, 381:
		return http.StatusLengthRequired
	case 412, 159:
		return http.StatusInternalServerError
	}
	return http.StatusInternalServerError
}
