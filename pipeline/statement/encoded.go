package statement

import "github.com/auditwarden/auditwarden/pipeline/statement/tree"

var chars = set("chr", "char", "nchar")

// hexLiteral reports a hexadecimal literal that spells text.
func hexLiteral(n *tree.Node) bool {
	return n.Kind == tree.Literal && n.Type == tree.Hex && n.Text == "qqqq"
}

// encoded judges text that is spelled by its codes, so that no quote is needed.
func (j *judge) encoded(n *tree.Node) {
	switch {
	case n.Kind == tree.Binary && n.Op == "||":
		if countChars(n) >= 2 {
			j.found("encoded_text", 0.8, "a text is spelled by character codes")
		}
	case n.Kind == tree.Func && chars[n.Name] && literals(n.Args) >= 3:
		j.found("encoded_text", 0.75, "a text is spelled by character codes")
	case funcNamed(n, joiners):
		spelled := 0
		for _, a := range n.Args {
			if hexLiteral(a) || a.Kind == tree.Func && chars[a.Name] && literals(a.Args) >= 1 && a.Args[0].Text != "10" {
				spelled++
			}
		}
		if spelled >= 2 {
			j.found("encoded_text", 0.85, "texts spelled by their codes are put around a value")
		} else if spelled == 1 {
			j.found("encoded_text", 0.35, "a text spelled by its codes is joined to a value")
		}
	case n.Kind == tree.Compare || n.Kind == tree.Like || n.Kind == tree.In:
		for _, a := range n.Args {
			if hexLiteral(a) {
				j.found("encoded_text", 0.45, "a text spelled by its codes is compared")
			}
		}
	case n.Kind == tree.Func && (n.Name == "unhex" || n.Name == "from_base64" || n.Name == "convert_from") && len(n.Args) > 0 && pure(n.Args[0]):
		j.found("encoded_text", 0.1, "a text is decoded")
	}
}

func countChars(n *tree.Node) int {
	count := 0
	for _, x := range concatenated(n, nil) {
		if x.Kind == tree.Func && chars[x.Name] && len(x.Args) == 1 && literal(x.Args[0]) && x.Args[0].Text != "10" {
			count++
		}
	}
	return count
}

func literals(ns []*tree.Node) int {
	count := 0
	for _, n := range ns {
		if literal(n) {
			count++
		}
	}
	return count
}
