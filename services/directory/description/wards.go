package description

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/wroge/wgs84"
)

const maxBoundaries = 32 << 20 // bytes; all wards of a large council at full detail are about 10 MB

// ward is one ward in National Grid metres, with the teams whose patch names it.
type ward struct {
	name  string
	area  orb.MultiPolygon
	bound orb.Bound
	teams []string
}

func (w *ward) contains(p orb.Point) bool {
	return w.bound.Contains(p) && planar.MultiPolygonContains(w.area, p)
}

// within says whether the ward's boundary passes within so many metres of p.
func (w *ward) within(p orb.Point, metres float64) bool {
	return w.bound.Pad(metres).Contains(p) && planar.DistanceFrom(w.area, p) <= metres
}

// toNationalGrid turns WGS84 degrees into National Grid metres by a Helmert transformation, good to about 5 m.
//
// Boundaries are moved to the grid, and not postcodes to degrees, for three reasons: a borough has hundreds of corners but
// thousands of postcodes, distances come out in metres, and at Caister water tower the library is within 0.2 m of the
// Ordnance Survey's own Helmert transformation in this direction, but 14 m off in the other.
func toNationalGrid(lon, lat float64) orb.Point {
	east, north, _ := wgs84.LonLat().To(wgs84.OSGB36NationalGrid())(lon, lat, 0)
	return orb.Point{east, north}
}

// feature is one feature of a GeoJSON collection (RFC 7946), as far as wards need it.
type feature struct {
	Properties map[string]any `json:"properties"`
	Geometry   struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	} `json:"geometry"`
}

// readWards reads a GeoJSON feature collection in WGS84; several features of one name are one ward.
func readWards(r io.Reader, nameProperty string) (map[string]*ward, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxBoundaries+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxBoundaries {
		return nil, fmt.Errorf("it is larger than %d MB", maxBoundaries>>20)
	}
	var collection struct {
		Type     string    `json:"type"`
		Features []feature `json:"features"`
	}
	if err := json.Unmarshal(text, &collection); err != nil || collection.Type != "FeatureCollection" {
		return nil, errors.New("it is not a GeoJSON feature collection")
	}
	wards := map[string]*ward{}
	for i, f := range collection.Features {
		name, ok := f.Properties[nameProperty].(string)
		if !ok || name == "" {
			return nil, fmt.Errorf("feature %d has no text in the property %s", i+1, nameProperty)
		}
		area, err := f.area()
		if err != nil {
			return nil, fmt.Errorf("the ward %q %w", name, err)
		}
		w := wards[name]
		if w == nil {
			w = &ward{name: name, bound: area.Bound()}
			wards[name] = w
		}
		w.area = append(w.area, area...)
		w.bound = w.bound.Union(area.Bound())
	}
	return wards, nil
}

// area is the feature's polygons in National Grid metres.
func (f feature) area() (orb.MultiPolygon, error) {
	area := make(orb.MultiPolygon, 1)
	var err error
	switch f.Geometry.Type {
	case "Polygon":
		err = json.Unmarshal(f.Geometry.Coordinates, &area[0])
	case "MultiPolygon":
		err = json.Unmarshal(f.Geometry.Coordinates, &area)
	default:
		return nil, errors.New("is neither a Polygon nor a MultiPolygon")
	}
	if err != nil || len(area) == 0 {
		return nil, errors.New("has no lists of corners")
	}
	for _, polygon := range area {
		if len(polygon) == 0 || len(polygon[0]) < 4 {
			return nil, errors.New("has a polygon with fewer than three corners")
		}
		for _, ring := range polygon {
			for i, corner := range ring {
				if !(corner.Lon() >= -9 && corner.Lon() <= 3 && corner.Lat() >= 49 && corner.Lat() <= 62) {
					return nil, errors.New("has a corner outside Great Britain: boundaries must be in degrees (WGS84)")
				}
				ring[i] = toNationalGrid(corner.Lon(), corner.Lat())
			}
		}
	}
	return area, nil
}
