package sdp_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/sdp"
)

// TestGolden reads what real parties sent and compares the Description, and the text that Marshal makes of the
// session, with what stands in testdata. UPDATE_GOLDEN=1 writes it anew.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "*.sdp"))
	if err != nil || len(files) < 20 {
		t.Fatalf("found %d files in testdata: %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".sdp")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			session := parseFile(t, file)
			printed := marshal(t, session)
			golden(t, strings.TrimSuffix(file, ".sdp")+".golden",
				describe(session.Description())+"\n"+strings.ReplaceAll(printed, "\r\n", "\n"))
			checkSecondReading(t, session, printed)
		})
	}
}

// checkSecondReading holds that what is printed reads as what was printed.
func checkSecondReading(t *testing.T, session *sdp.Session, printed string) {
	t.Helper()
	again, err := sdp.Parse([]byte(printed))
	if err != nil {
		t.Fatalf("the printed text does not parse: %v", err)
	}
	if second := marshal(t, again); second != printed {
		t.Errorf("printed again differs:\n%s\nfirst:\n%s", second, printed)
	}
	if !reflect.DeepEqual(again.Description(), session.Description()) {
		t.Errorf("the description changed:\n%s\nfirst:\n%s", describe(again.Description()), describe(session.Description()))
	}
}

func parseFile(t *testing.T, file string) *sdp.Session {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	session, err := sdp.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func marshal(t *testing.T, session *sdp.Session) string {
	t.Helper()
	printed, err := session.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return string(printed)
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got:\n%s\nwant:\n%s", file, got, want)
	}
}

// describe writes a description, one line a section.
func describe(description bridge.Description) string {
	text := &strings.Builder{}
	for _, media := range description.Media {
		fmt.Fprintf(text, "%s %s", media.Kind, media.Direction)
		if media.PacketTime != 0 {
			fmt.Fprintf(text, " %s", media.PacketTime)
		}
		if media.Refused() {
			text.WriteString(" refused")
		}
		for _, format := range media.Formats {
			fmt.Fprintf(text, " | %d %s %s", format.PayloadType, format.Codec, format.Parameters)
		}
		text.WriteString("\n")
	}
	return text.String()
}

// status gives the SIP status that an error of Parse carries.
func status(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		t.Fatal("the description was taken")
	}
	var cause bridge.Cause
	if !errors.As(err, &cause) {
		t.Fatalf("the error %v is no bridge.Cause", err)
	}
	return cause.Status
}
