// Package file reads log files line by line: it follows them across rotation, reads compressed ones and standard input.
//
// It guarantees, for a writer that only appends and for rotation by rename, by copy and truncate, by number, by date
// and by compression:
//
//   - every line is delivered; again after a restart unless it was acknowledged, and then with the same record id;
//   - a line is not delivered twice because its file was renamed, copied or compressed: a stream is named after what the
//     file begins with, not after its path or inode (see [Source] for the rule);
//   - the order of lines within a stream is that of the file; of several files the oldest is read first;
//   - positions move only when a batch is acknowledged;
//   - memory is bounded: a line longer than the limit is delivered cut, with its full size.
//
// It does not see lines that were truncated away before it could read them and of which no file in sight holds a copy,
// nor changes made inside a part already read. It polls, because inotify is blind on network file systems and
// overflows under load, and because a stat per open file and interval costs next to nothing.
package file
