package slack

import "testing"

func TestValidate(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		want string
	}{
		{"webhook", Config{WebhookURL: "https://hooks.slack.com/services/T/B/x"}, ""},
		{"token", Config{Token: "xoxb-1", Channel: "C1"}, ""},
		{"nothing", Config{}, "exactly one of webhook_url, webhook_url_file must be set"},
		{"two webhooks", Config{WebhookURL: "https://a/", WebhookURLFile: "f"}, "exactly one of webhook_url, webhook_url_file must be set"},
		{"both ways", Config{WebhookURL: "https://a/", Token: "x"}, "set either webhook_url or token, not both"},
		{"two tokens", Config{Token: "x", TokenFile: "f", Channel: "c"}, "exactly one of token, token_file must be set"},
		{"no channel", Config{Token: "x"}, "channel: must be set: the channel's id, for example C0123456789"},
		{"channel of a webhook", Config{WebhookURL: "https://a/", Channel: "c"}, "channel: an incoming webhook has its own channel; remove it, or use token"},
		{"bad URL", Config{WebhookURL: "hooks.slack.com/secret"}, "webhook_url: not a URL; write https://HOST/PATH"},
		{"bad API", Config{Token: "x", Channel: "c", APIURL: "ftp://slack/"}, "api_url: must begin with https://"},
		{"white space", Config{Token: "x y", Channel: "c"}, "token: holds white space"},
		{"negative", Config{WebhookURL: "https://a/", Timeout: -1}, "timeout: must not be negative"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.cfg.Validate().Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
