package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// chromium is one headless browser, started when the first test needs it.
type chromium struct {
	once   sync.Once
	ctx    context.Context //nolint:containedctx // chromedp's way to name a browser
	cancel []context.CancelFunc
	folder string
	err    error
}

// start gives the context that tabs are made from.
func (c *chromium) start(t testing.TB, scratch string) context.Context {
	t.Helper()
	c.once.Do(func() { c.err = c.launch(scratch) })
	if c.err != nil {
		t.Fatal(c.err)
	}
	return c.ctx
}

func (c *chromium) launch(scratch string) error {
	program, err := findChromium()
	if err != nil {
		return err
	}
	c.folder = filepath.Join(scratch, "chromium")
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(program), chromedp.UserDataDir(c.folder), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
	}
	for _, flag := range []string{
		"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-extensions",
		"disable-default-apps", "disable-breakpad", "metrics-recording-only", "disable-dev-shm-usage", "hide-scrollbars",
		"disable-popup-blocking", "disable-hang-monitor", "disable-renderer-backgrounding", "disable-background-timer-throttling",
		"disable-backgrounding-occluded-windows",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	options = append(options, chromedp.Flag("lang", "en-GB"), chromedp.Flag("accept-lang", "en-GB,en"), chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("disable-features", "Translate,MediaRouter,OptimizationHints"))
	allocated, closeAll := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeFirst := chromedp.NewContext(allocated, chromedp.WithErrorf(func(string, ...any) {}))
	c.ctx, c.cancel = ctx, []context.CancelFunc{closeFirst, closeAll}
	if err := chromedp.Do(ctx); err != nil {
		return fmt.Errorf("%s does not start: %w", program, err)
	}
	return nil
}

func findChromium() (string, error) {
	if named := os.Getenv("KITH_TEST_CHROMIUM"); named != "" {
		return named, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("the tests of the pages need Chromium: run tools/ensure-chromium.sh, or name one with KITH_TEST_CHROMIUM")
}

// close ends the browser, gracefully where it still can.
func (c *chromium) close() {
	if c.ctx == nil {
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, 5*time.Second)
	defer cancel()
	// What is left of it is killed below.
	_ = chromedp.Cancel(ctx)
	for _, end := range c.cancel {
		end()
	}
}
