package pgchild

import (
	"maps"
	"slices"
)

// settings are the server's settings as arguments. They are given at every start
// rather than kept in the cluster, so that a newer kith brings its own.
//
// The log never holds statements or parameters, because these carry children's
// data: an ERROR's own text quotes values ("invalid input syntax … "), so errors
// are left to the client; terse leaves out DETAIL and CONTEXT, which quote rows.
func settings(socket string, extra map[string]string) []string {
	all := map[string]string{
		"listen_addresses":                  "",
		"unix_socket_directories":           socket,
		"port":                              socketPort,
		"cluster_name":                      "kith",
		"shared_buffers":                    "64MB",
		"max_connections":                   "200",
		"password_encryption":               "scram-sha-256",
		"timezone":                          "UTC",
		"log_timezone":                      "UTC",
		"log_destination":                   "stderr",
		"logging_collector":                 "off",
		"log_line_prefix":                   "%m [%p] ",
		"log_min_messages":                  "log",
		"log_min_error_statement":           "panic",
		"log_error_verbosity":               "terse",
		"log_statement":                     "none",
		"log_min_duration_statement":        "-1",
		"log_parameter_max_length":          "0",
		"log_parameter_max_length_on_error": "0",
		"log_checkpoints":                   "off",
	}
	maps.Copy(all, extra)
	var args []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		args = append(args, "-c", name+"="+all[name])
	}
	return args
}
