package statement

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
)

// maxContent bounds how much of one literal is searched for commands and markup.
const maxContent = 16 << 10

// contents tells what the literals of a text, or the values bound to it, hold besides payloads.
type contents struct {
	command bool // a command line of an operating system
	markup  bool // a script for a browser
	shell   bool // a script for a web server
}

// look adds what one literal holds.
func (c *contents) look(raw string) {
	if len(raw) > maxContent {
		raw = raw[:maxContent]
	}
	c.command = c.command || commandLine(raw)
	if strings.IndexByte(raw, '<') >= 0 || scriptAddress.find(raw, nil) {
		low := strings.ToLower(raw)
		c.markup = c.markup || browserScript(low)
		c.shell = c.shell || strings.Contains(low, "<?php") || strings.Contains(low, "<?=") || strings.Contains(low, "<%")
	}
}

var scriptAddress = newMarks("javascript:")

// commandMarks are pieces that command lines have and prose has not.
var commandMarks = newMarks(
	"/bin/sh", "/bin/bash", "/dev/tcp/", "cmd.exe", "cmd /c", "cmd /k", "powershell -", "powershell.exe", "powershell /", "pwsh -",
	"xp_cmdshell", "certutil -", "bitsadmin /", "mshta ", "regsvr32 ", "rundll32 ", "wscript.shell", "invoke-expression", "downloadstring(",
	"base64 -d", "| sh", "|sh", "| bash", "|bash", "bash -i", "bash -c", "sh -c", "sh -i", "nc -e", "ncat -", "wget http", "wget -", "curl http",
	"curl -", "chmod +x", "chmod 777", "rm -rf /", "python -c", "python3 -c", "perl -e", "php -r", "ruby -e", "mkfifo /", "nohup ", "crontab -",
	"os.system(", "subprocess.", "getruntime().exec", "system($_", "passthru(", "shell_exec(", "proc_open(", "eval($_",
)

// commandLine reports a command line. A mark counts where a word begins.
func commandLine(s string) bool {
	return commandMarks.find(s, func(i int, mark string) bool {
		return i == 0 || !letter(s[i-1]) || !letter(mark[0])
	}) || chained.find(s, func(i int, mark string) bool { return joinsCommands(s, i) && ends(s, i+len(mark)) })
}

// chained are commands that count behind a sign with which shells join commands.
var chained = newMarks("whoami", "uname", "nslookup", "ifconfig", "netcat", "curl", "wget", "ncat", "tftp", "certutil", "powershell")

func ends(s string, i int) bool { return i >= len(s) || !letter(s[i]) }

// joinsCommands reports whether such a sign stands before the place.
func joinsCommands(s string, i int) bool {
	for i > 0 && s[i-1] == ' ' {
		i--
	}
	if i == 0 {
		return false
	}
	switch s[i-1] {
	case ';', '|', '&', '`':
		return true
	case '(':
		return i > 1 && s[i-2] == '$'
	}
	return false
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// browserScript reports text that a browser would run: a script element, a handler within a tag, a javascript: address; s
// is lower case.
func browserScript(s string) bool {
	if strings.Contains(s, "<script") || strings.Contains(s, "javascript:") && strings.ContainsAny(s, "(<=") || strings.Contains(s, "srcdoc=") {
		return true
	}
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '<')
		if i < 0 {
			return false
		}
		from += i + 1
		tag := s[from:]
		if tag == "" || !letter(tag[0]) {
			continue
		}
		end := strings.IndexByte(tag, '>')
		if end < 0 {
			return handler(tag)
		}
		if handler(tag[:end]) {
			return true
		}
		from += end + 1 // what else begins within it was looked at with it
	}
}

// handler reports an attribute on…= in a tag.
func handler(tag string) bool {
	for i := 1; i+3 < len(tag); i++ {
		if tag[i] != 'o' || tag[i+1] != 'n' || letter(tag[i-1]) {
			continue
		}
		j := i + 2
		for j < len(tag) && letter(tag[j]) {
			j++
		}
		if j > i+4 && strings.HasPrefix(strings.TrimLeft(tag[j:], " \t\r\n"), "=") {
			return true
		}
	}
	return false
}

// signals notes what was seen. Only what is written can be run by a reader's browser later.
func (c contents) signals(j *judge, st *pipeline.Statement) {
	if c.command {
		j.found("os_command_text", 0, "a literal holds a command line of an operating system")
	}
	if c.markup && writes(st) {
		j.found("script_markup", 0, "a literal that is written holds a script for a browser")
	}
}

// weight is what is seen worth beside what the statement does: a script written into a file of the server.
func (c contents) weight(st *pipeline.Statement) float64 {
	if c.shell && st.HasSignal("file_write") {
		return 0.8
	}
	return 0
}

func writes(st *pipeline.Statement) bool {
	for _, k := range st.Kinds {
		switch k {
		case "insert", "update", "replace", "merge", "call", "copy_from", "execute":
			return true
		}
	}
	return false
}
