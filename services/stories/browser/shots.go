package browser

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// tallest is how much of a page a picture shows, in windows.
const tallest = 2.5

// colours are enough for a page of text.
const colours = 64

// Screenshot keeps a picture of the page as <name>-<size>.png in the folder KITH_TEST_SCREENS; without that variable it
// does nothing.
func (x *Tab) Screenshot(name string) *Tab {
	x.t.Helper()
	folder := os.Getenv("KITH_TEST_SCREENS")
	if folder == "" {
		return x
	}
	picture, err := x.picture()
	if err == nil {
		err = os.MkdirAll(folder, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+"-"+x.size.name()+".png"), picture, 0o644)
	}
	if err != nil {
		x.failf("a picture of %s: %v", name, err)
	}
	return x
}

// keepFailure keeps a picture of where a test failed, and says where.
func (x *tab) keepFailure() string {
	folder := filepath.Join(os.TempDir(), "kith-failures")
	path := filepath.Join(folder, strings.NewReplacer("/", "-", " ", "_").Replace(x.t.Name())+"-"+x.size.name()+".png")
	picture, err := x.picture()
	if err == nil {
		err = os.MkdirAll(folder, 0o755)
	}
	if err == nil {
		err = os.WriteFile(path, picture, 0o644)
	}
	if err != nil {
		return "none: " + err.Error()
	}
	return path
}

// picture is the page from its top, in few colours.
func (x *tab) picture() ([]byte, error) {
	ctx, cancel := context.WithTimeout(x.ctx, Patience)
	defer cancel()
	return chromedp.Run(ctx, func(ctx context.Context, t *chromedp.Target) ([]byte, error) {
		size, err := cdp.Call(ctx, t, page.GetLayoutMetrics, cdp.Empty{})
		if err != nil {
			return nil, err
		}
		beyond := true
		width, window := x.size.pixels()
		height := min(size.CSSContentSize.Height, tallest*float64(window))
		shot, err := cdp.Call(ctx, t, page.CaptureScreenshot, page.CaptureScreenshotParams{
			CaptureBeyondViewport: &beyond, Clip: &page.Viewport{Width: float64(width), Height: height, Scale: 1},
		})
		if err != nil {
			return nil, err
		}
		return small(shot.Data)
	})
}

// small is the picture with a palette of its commonest colours, a fifth of the size.
func small(text []byte) ([]byte, error) {
	picture, err := png.Decode(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	count := map[color.RGBA]int{}
	bounds := picture.Bounds()
	full := image.NewRGBA(bounds)
	draw.Draw(full, bounds, picture, bounds.Min, draw.Src)
	for i := 0; i+3 < len(full.Pix); i += 4 {
		// Shades that nobody tells apart are one.
		count[color.RGBA{full.Pix[i] &^ 7, full.Pix[i+1] &^ 7, full.Pix[i+2] &^ 7, 255}]++
	}
	commonest := make([]color.RGBA, 0, len(count))
	for c := range count {
		commonest = append(commonest, c)
	}
	slices.SortFunc(commonest, func(a, b color.RGBA) int {
		if count[a] != count[b] {
			return count[b] - count[a]
		}
		return int(a.R)<<16 + int(a.G)<<8 + int(a.B) - int(b.R)<<16 - int(b.G)<<8 - int(b.B)
	})
	palette := color.Palette{color.RGBA{255, 255, 255, 255}, color.RGBA{11, 12, 12, 255}}
	for _, c := range commonest[:min(len(commonest), colours-len(palette))] {
		palette = append(palette, color.RGBA{c.R | c.R>>5, c.G | c.G>>5, c.B | c.B>>5, 255})
	}
	few := image.NewPaletted(bounds, palette)
	nearest := map[color.RGBA]uint8{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for at := bounds.Min.X; at < bounds.Max.X; at++ {
			c := full.RGBAAt(at, y)
			index, known := nearest[c]
			if !known {
				index = uint8(palette.Index(c))
				nearest[c] = index
			}
			few.SetColorIndex(at, y, index)
		}
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	err = encoder.Encode(&out, few)
	return out.Bytes(), err
}
