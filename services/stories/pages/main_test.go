package pages_test

import (
	"os"
	"testing"

	"github.com/kithcare/kith/services/stories/browser"
)

// kith is the platform that the tests share.
var kith *browser.Kith

func TestMain(m *testing.M) { os.Exit(browser.Main(m, &kith)) }
