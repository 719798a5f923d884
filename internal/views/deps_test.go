package views

import (
	"os/exec"
	"strings"
	"testing"
)

func TestPagesKnowNoDatabase(t *testing.T) {
	t.Parallel()
	list, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "noadesk/internal/views").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.FieldsSeq(string(list)) {
		if strings.Contains(name, "sqlite") || name == "database/sql" {
			t.Errorf("views depends on %s", name)
		}
		if ours, ok := strings.CutPrefix(name, "noadesk/"); ok && !strings.Contains(" internal/views internal/noa internal/verdict static ", " "+ours+" ") {
			t.Errorf("views depends on %s", ours)
		}
	}
	if !strings.Contains(string(list), "noadesk/internal/noa\n") {
		t.Errorf("the list is not that of views: %s", list)
	}
}
