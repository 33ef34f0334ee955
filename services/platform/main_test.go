package platform_test

import (
	"os"
	"testing"

	"github.com/kithcare/kith/services/platform/try"
)

var kith *try.Platform

func TestMain(m *testing.M) { os.Exit(try.Main(m, &kith)) }
