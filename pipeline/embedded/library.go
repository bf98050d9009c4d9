package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// LibraryVersion is the version of the package that deploy/fetch-libchdb.sh fetches.
const LibraryVersion = "26.7.3-stable.1"

// MissingLibraryError says that there is no libchdb.so and how to come by one.
type MissingLibraryError struct {
	Tried []string // paths looked at, in order
}

func (e *MissingLibraryError) Error() string {
	return fmt.Sprintf("find the embedded ClickHouse engine: no libchdb.so at %s; run `make libchdb` to fetch it (178 MB, "+
		"from the npm registry), or set clickhouse.dsn to a ClickHouse server", strings.Join(e.Tried, ", nor at "))
}

// FindLibrary gives the path of libchdb.so: the one configured, or else $AUDITWARDEN_LIBCHDB, or else the one in the cache.
func FindLibrary(configured string) (string, error) {
	path := configured
	if path == "" {
		path = os.Getenv("AUDITWARDEN_LIBCHDB")
	}
	if path == "" {
		cache, err := cacheFolder()
		if err != nil {
			return "", err
		}
		path = filepath.Join(cache, "libchdb", LibraryVersion, "libchdb.so")
	}
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return "", &MissingLibraryError{Tried: []string{path}}
	}
	return path, nil
}

func cacheFolder() (string, error) {
	if c := os.Getenv("AUDITWARDEN_CACHE"); c != "" {
		return c, nil
	}
	c, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache: %w; set AUDITWARDEN_CACHE or AUDITWARDEN_LIBCHDB", err)
	}
	return filepath.Join(c, "auditwarden"), nil
}
