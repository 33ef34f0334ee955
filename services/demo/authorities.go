// Package demo is the demonstration: two invented authorities on real postcodes and wards, and invented histories of their
// families. It holds data and makes data; it touches no database and is known to the whole-platform command alone.
package demo

import (
	"embed"
	"io/fs"
)

//go:embed authorities
var authorities embed.FS

// Authorities is the folder of the demonstration: a description per authority (`kensington-chelsea.yaml`,
// `hammersmith-fulham.yaml`), in the form `kith import directory` reads, and the files they name beside them. Postcodes and
// boundaries are real, under the Open Government Licence (`places/LICENCE.md`); every person is invented.
func Authorities() fs.FS {
	folder, _ := fs.Sub(authorities, "authorities") // refuses only a name that is no path, and this one is
	return folder
}
