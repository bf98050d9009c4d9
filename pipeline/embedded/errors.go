package embedded

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/auditwarden/auditwarden/pipeline/embedded/internal/chdb"
)

// Numbers of ClickHouse's exceptions, from its src/Common/ErrorCodes.cpp.
const (
	codeCannotReadAll        = 33
	codeNotImplemented       = 48
	codeSyntaxError          = 62
	codeReadOnly             = 164
	codeRequiredPassword     = 194
	codeTooMany              = 202
	codeTooLarge             = 229
	codeCannotDecompress     = 271
	codeAccessDenied         = 497
	codeNotGranted           = 512
	codeAuthenticationFailed = 516
	codeUnknownException     = 1002
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

// statusOf is the HTTP status of an exception, as in ClickHouse's src/Server/HTTP/exceptionCodeToHTTPStatus.cpp.
func statusOf(code int) int {
	switch code {
	case codeRequiredPassword:
		return http.StatusUnauthorized
	case 192, 193, codeAuthenticationFailed, codeNotGranted, codeAccessDenied:
		return http.StatusForbidden
	case 36, 427, 6, 25, 26, 38, 41, 72, 441, 675, 676, 27, 376, 15, 44, 37, 123, 8, 167, 168, 223, codeSyntaxError, 117, 53, 321:
		return http.StatusBadRequest
	case 60, 46, 47, 50, 56, 81, 115, 152, 63, 73, 336, 78, 511:
		return http.StatusNotFound
	case codeTooLarge:
		return http.StatusRequestEntityTooLarge
	case codeNotImplemented:
		return http.StatusNotImplemented
	case 209, 76, 439:
		return http.StatusServiceUnavailable
	case 381:
		return http.StatusLengthRequired
	case 159:
		return http.StatusRequestTimeout
	case 779:
		return http.StatusUnsupportedMediaType
	}
	return http.StatusInternalServerError
}
