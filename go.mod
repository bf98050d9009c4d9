module github.com/auditwarden/auditwarden

go 1.26
