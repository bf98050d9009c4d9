package postgresql

// Labels of the lines that follow a message in stderr, in the order in which the server writes them.
const (
	labelDetail    = "DETAIL"
	labelHint      = "HINT"
	labelQuery     = "QUERY"
	labelContext   = "CONTEXT"
	labelLocation  = "LOCATION"
	labelBacktrace = "BACKTRACE"
	labelStatement = "STATEMENT"
)

// Secondary reports whether word, as [severity] returns it, labels a line that belongs to the message before it.
func Secondary(word string) bool {
	switch word {
	case labelDetail, labelHint, labelQuery, labelContext, labelLocation, labelBacktrace, labelStatement:
		return true
	}
	return false
}

// severity reads a severity or label with its colon and blanks at the start of b: `LOG:  `. It returns the English
// word and the length taken, 0 if there is none.
func severity(b []byte) (word string, n int) {
	if len(b) < 4 {
		return "", 0
	}
	switch b[0] {
	case 'L':
		if string(b[:4]) == "LOG:" {
			return "LOG", gap(b, 4)
		}
	case 'E':
		if has(b, "ERROR:") {
			return "ERROR", gap(b, 6)
		}
	case 'S':
		if has(b, "STATEMENT:") {
			return labelStatement, gap(b, 10)
		}
	case 'D':
		if has(b, "DETAIL:") {
			return labelDetail, gap(b, 7)
		}
		if has(b, "DEBUG") && b[5]-'0' <= 9 && len(b) > 6 && b[6] == ':' {
			return "DEBUG", gap(b, 7)
		}
	}
	if b[0] < 0x80 && (b[0] < 'A' || b[0] > 'Z') {
		return "", 0
	}
	return localised(b)
}

func has(b []byte, word string) bool { return len(b) > len(word) && string(b[:len(word)]) == word }

// gap skips the two blanks (one in some samples, none where AlloyDB puts "[file.c:line]") after the colon; 0 if other
// text follows directly.
func gap(b []byte, n int) int {
	if n == len(b) {
		return n
	}
	switch {
	case b[n] == '[':
		return n
	case b[n] != ' ':
		return 0
	case n+1 < len(b) && b[n+1] == ' ':
		return n + 2
	}
	return n + 1
}

// localised looks the word before the first colon up among all languages.
func localised(b []byte) (string, int) {
	for i := 2; i < len(b) && i < maxWord; i++ {
		if b[i] != ':' {
			continue
		}
		end := i
		for end > 0 && b[end-1] == ' ' { // French sets a blank before some colons
			end--
		}
		word, ok := words[string(b[:end])]
		if !ok && end > 1 && b[end-1]-'0' <= 9 { // DEBUG1 in another language
			word, ok = words[string(b[:end-1])]
			ok = ok && word == "DEBUG"
		}
		if !ok {
			return "", 0
		}
		n := gap(b, i+1)
		return word, n
	}
	return "", 0
}

const maxWord = 48 // longer than any word below, in bytes

// words maps every translation of the server's severities and labels to English: those of PostgreSQL 15's message
// catalogues, and Portuguese, Polish and Turkish of earlier ones. LOCATION's format differs by language, its word is here.
var words = map[string]string{
	// English.
	"DEBUG": "DEBUG", "LOG": "LOG", "INFO": "INFO", "NOTICE": "NOTICE", "WARNING": "WARNING", "ERROR": "ERROR", "FATAL": "FATAL", "PANIC": "PANIC", "DETAIL": "DETAIL", "HINT": "HINT", "QUERY": "QUERY", "CONTEXT": "CONTEXT", "LOCATION": "LOCATION", "BACKTRACE": "BACKTRACE", "STATEMENT": "STATEMENT",
	// de.
	"HINWEIS": "NOTICE", "WARNUNG": "WARNING", "FEHLER": "ERROR", "PANIK": "PANIC", "TIPP": "HINT", "ANFRAGE": "QUERY", "ZUSAMMENHANG": "CONTEXT", "ORT": "LOCATION", "ANWEISUNG": "STATEMENT",
	// es.
	"DETALLE": "DETAIL", "CONSULTA": "QUERY", "CONTEXTO": "CONTEXT", "UBICACIÓN": "LOCATION", "SENTENCIA": "STATEMENT",
	// fr.
	"ATTENTION": "WARNING", "ERREUR": "ERROR", "DÉTAIL": "DETAIL", "ASTUCE": "HINT", "REQUÊTE": "QUERY", "CONTEXTE": "CONTEXT", "EMPLACEMENT": "LOCATION", "PILE D'APPEL": "BACKTRACE", "INSTRUCTION": "STATEMENT",
	// it.
	"NOTIFICA": "NOTICE", "ATTENZIONE": "WARNING", "ERRORE": "ERROR", "FATALE": "FATAL", "PANICO": "PANIC", "DETTAGLI": "DETAIL", "SUGGERIMENTO": "HINT", "CONTESTO": "CONTEXT", "POSIZIONE": "LOCATION", "ISTRUZIONE": "STATEMENT",
	// ja.
	"詳細": "DETAIL", "ヒント": "HINT", "問い合わせ": "QUERY", "文脈": "CONTEXT", "場所": "LOCATION", "バックトレース": "BACKTRACE", "文": "STATEMENT",
	// ka.
	"გამართვა": "DEBUG", "ჟურნალი": "LOG", "ინფორმაცია": "INFO", "გაფრთხილება": "NOTICE", "შეცდომა": "ERROR", "ფატალური": "FATAL", "პანიკა": "PANIC", "დეტალები": "DETAIL", "მინიშნება": "HINT", "მოთხოვნა": "QUERY", "კონტექსტი": "CONTEXT", "მდებარეობა": "LOCATION", "სტეკი": "BACKTRACE", "ოპერატორი": "STATEMENT",
	// ko.
	"디버그": "DEBUG", "로그": "LOG", "정보": "INFO", "알림": "NOTICE", "경고": "WARNING", "오류": "ERROR", "치명적오류": "FATAL", "손상": "PANIC", "상세정보": "DETAIL", "힌트": "HINT", "쿼리": "QUERY", "내용": "CONTEXT", "위치": "LOCATION", "역추적": "BACKTRACE", "명령 구문": "STATEMENT",
	// ru.
	"ОТЛАДКА": "DEBUG", "СООБЩЕНИЕ": "LOG", "ИНФОРМАЦИЯ": "INFO", "ЗАМЕЧАНИЕ": "NOTICE", "ПРЕДУПРЕЖДЕНИЕ": "WARNING", "ОШИБКА": "ERROR", "ВАЖНО": "FATAL", "ПАНИКА": "PANIC", "ПОДРОБНОСТИ": "DETAIL", "ПОДСКАЗКА": "HINT", "ЗАПРОС": "QUERY", "КОНТЕКСТ": "CONTEXT", "ПОЛОЖЕНИЕ": "LOCATION", "СТЕК": "BACKTRACE", "ОПЕРАТОР": "STATEMENT",
	// sv.
	"LOGG": "LOG", "NOTIS": "NOTICE", "VARNING": "WARNING", "FEL": "ERROR", "FATALT": "FATAL", "DETALJ": "DETAIL", "TIPS": "HINT", "FRÅGA": "QUERY", "KONTEXT": "CONTEXT", "PLATS": "LOCATION", "SATS": "STATEMENT",
	// uk.
	"НАЛАГОДЖЕННЯ": "DEBUG", "ЗАПИСУВАННЯ": "LOG", "ІНФОРМАЦІЯ": "INFO", "ПОВІДОМЛЕННЯ": "NOTICE", "ПОПЕРЕДЖЕННЯ": "WARNING", "ПОМИЛКА": "ERROR", "ФАТАЛЬНО": "FATAL", "ПАНІКА": "PANIC", "ВІДОМОСТІ": "DETAIL", "УКАЗІВКА": "HINT", "ЗАПИТ": "QUERY", "РОЗТАШУВАННЯ": "LOCATION", "ВІДСТЕЖУВАТИ": "BACKTRACE", "ІНСТРУКЦІЯ": "STATEMENT",
	// zh_CN.
	"调试": "DEBUG", "日志": "LOG", "信息": "INFO", "注意": "NOTICE", "警告": "WARNING", "错误": "ERROR", "致命错误": "FATAL", "灾难性错误": "PANIC", "详情": "DETAIL", "详细信息": "DETAIL", "提示": "HINT", "查询": "QUERY", "上下文": "CONTEXT", "位置": "LOCATION", "回溯": "BACKTRACE", "语句": "STATEMENT",
	// zh_TW.
	"除錯": "DEBUG", "日誌": "LOG", "資訊": "INFO", "錯誤": "ERROR", "致命錯誤": "FATAL", "嚴重錯誤": "PANIC", "詳情": "DETAIL", "查詢": "QUERY", "陳述式": "STATEMENT",
	// pt_BR.
	"DEPURAÇÃO": "DEBUG", "INFORMAÇÃO": "INFO", "AVISO": "WARNING", "NOTA": "NOTICE", "ERRO": "ERROR", "PÂNICO": "PANIC", "DETALHE": "DETAIL", "DICA": "HINT", "COMANDO": "STATEMENT", "LOCAL": "LOCATION",
	// pl.
	"DZIENNIK": "LOG", "INFORMACJA": "INFO", "UWAGA": "NOTICE", "OSTRZEŻENIE": "WARNING", "BŁĄD": "ERROR", "KATASTROFALNY": "FATAL", "PANIKA": "PANIC", "SZCZEGÓŁY": "DETAIL", "PODPOWIEDŹ": "HINT", "ZAPYTANIE": "QUERY", "KONTEKST": "CONTEXT", "POZYCJA": "LOCATION", "WYRAŻENIE": "STATEMENT",
	// tr.
	"BİLGİ": "INFO", "NOT": "NOTICE", "UYARI": "WARNING", "HATA": "ERROR", "ÖLÜMCÜL": "FATAL", "KRİTİK": "PANIC", "AYRINTI": "DETAIL", "İPUCU": "HINT", "SORGU": "QUERY", "BAĞLAM": "CONTEXT", "YER": "LOCATION", "İFADE": "STATEMENT",
}
