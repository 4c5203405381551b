// Package configs reads how sipbridge is set up.
//
// The annotated file sipbridge.yaml in this folder is the whole of it: its keys, what they mean and
// their defaults. It is embedded. [Load] lays a file over it and environment variables over both, and
// refuses every key that it does not know, naming the nearest one. [Demo] is what runs without a
// file. [Config.Validate] says everything that is wrong at once, a sentence for each.
//
// The structs here have the shape of the file. What the parts of sipbridge take are their own Options;
// cmd fills those from here. Only this package knows viper.
package configs
