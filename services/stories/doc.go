// Package stories tells what the platform does for people, in their words, and holds the platform to it. The stories in
// `features` are told from outside, over REST, with tokens as partners' systems and social workers have them: once with
// the whole platform in one process, and once with every service as a process of its own. Beside them stands what the
// command line answers to somebody who runs it.
package stories
