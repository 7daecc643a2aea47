package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// fault is one thing that is wrong with the configuration.
type fault struct {
	where string // a flag, a variable, or a file and its line
	what  string // what is wrong with it, and what helps
}

// configError is everything that is wrong with the configuration.
type configError []fault

// Error lists the faults, one a line.
func (e configError) Error() string {
	var b strings.Builder
	if len(e) == 1 {
		b.WriteString("the configuration has a fault:")
	} else {
		fmt.Fprintf(&b, "the configuration has %d faults:", len(e))
	}
	for _, f := range e {
		b.WriteString("\n  " + f.where + ": " + f.what)
	}
	return b.String()
}

// addSettings gives the command a flag for each of the settings named, and
// --config.
func addSettings(cmd *cobra.Command, names ...string) {
	for _, s := range settings() {
		if !slices.Contains(names, s.name) {
			continue
		}
		cmd.Flags().Var(&rawFlag{s.fallback, s.kind}, s.name, s.usage+" ["+s.env()+"]")
		var err error
		switch {
		case s.kind == "":
			cmd.Flags().Lookup(s.name).NoOptDefVal = "true"
		case s.kind == "directory":
			err = cmd.MarkFlagDirname(s.name)
		case strings.Contains(s.kind, "|"):
			err = cmd.RegisterFlagCompletionFunc(s.name, cobra.FixedCompletions(strings.Split(s.kind, "|"), cobra.ShellCompDirectiveNoFileComp))
		}
		if err != nil {
			panic(err) // the flag was declared above
		}
	}
	cmd.Flags().String("config", "", "file of name = value lines with the names of these flags ["+envPrefix+"CONFIG]")
}

// rawFlag keeps a flag's text, so that all faults can be told at once.
type rawFlag struct{ text, kind string }

func (f *rawFlag) String() string { return f.text }

func (f *rawFlag) Set(text string) error {
	if f.kind == kindMany && f.text != "" {
		text = f.text + "," + text
	}
	f.text = text
	return nil
}

func (f *rawFlag) Type() string {
	if f.kind == "" {
		return "bool"
	}
	return f.kind
}

// environment is what configuration is read from besides flags.
type environment struct {
	vars     []string // as of os.Environ
	readFile func(string) ([]byte, error)
}

func systemEnvironment() environment { return environment{os.Environ(), os.ReadFile} }

// given is the text of a setting and where it was found.
type given struct{ text, where string }

// load reads the settings that the command has flags for: a flag goes before
// the environment, that before the file, and that before the default. Names in
// the file that the command has no flag for are known, but not used by it.
// The error is a configError with every fault. Warnings name what has no effect.
func (env environment) load(cmd *cobra.Command) (c config, warnings []string, err error) {
	values := make(map[string][]given)
	var faults configError
	path, warnings := env.readVariables(values)
	if flag := cmd.Flags().Lookup("config"); flag.Changed {
		path = given{flag.Value.String(), "--config"}
	}
	if path.text != "" {
		inFile, found := env.readConfigFile(path)
		faults = append(faults, found...)
		maps.DeleteFunc(inFile, func(name string, _ []given) bool { return values[name] != nil })
		maps.Copy(values, inFile)
	}
	bad := make(map[string]bool)
	for _, s := range settings() {
		if cmd.Flags().Lookup(s.name) == nil {
			continue
		}
		all, ok := values[s.name]
		switch flag := cmd.Flags().Lookup(s.name); {
		case flag.Changed:
			all = []given{{flag.Value.String(), "--" + s.name}}
		case !ok:
			all = []given{{s.fallback, "the default of --" + s.name}}
		}
		for _, v := range all {
			if err := s.set(&c, v.text); err != nil {
				bad[s.name] = true
				for line := range strings.SplitSeq(err.Error(), "\n") {
					faults = append(faults, fault{v.where, line})
				}
			}
		}
	}
	if cmd.Flags().Lookup("listen") != nil {
		faults = append(faults, c.check(bad)...)
	}
	if faults != nil {
		return config{}, warnings, faults
	}
	return c, warnings, nil
}

// readVariables reads the environment. An empty variable is as good as none.
func (env environment) readVariables(values map[string][]given) (path given, warnings []string) {
	names := map[string]string{}
	for _, s := range settings() {
		names[s.env()] = s.name
	}
	for _, entry := range env.vars {
		variable, text, _ := strings.Cut(entry, "=")
		if text == "" || !strings.HasPrefix(variable, envPrefix) || strings.HasPrefix(variable, envPrefix+"TEST_") {
			continue
		}
		if variable == envPrefix+"CONFIG" {
			path = given{text, variable}
			continue
		}
		if name, ok := names[variable]; ok {
			values[name] = []given{{text, variable}}
			continue
		}
		warnings = append(warnings, fmt.Sprintf("the environment variable %s means nothing to Latchkey%s", variable, didYouMean(variable, slices.Collect(maps.Keys(names)))))
	}
	slices.Sort(warnings)
	return path, warnings
}

// readConfigFile reads the file and keeps the names that are settings.
func (env environment) readConfigFile(path given) (map[string][]given, []fault) {
	content, err := env.readFile(path.text)
	if err != nil {
		return nil, []fault{{path.where, "the configuration file cannot be read: " + err.Error()}}
	}
	var known, repeatable []string
	for _, s := range settings() {
		known = append(known, s.name)
		if s.kind == kindMany {
			repeatable = append(repeatable, s.name)
		}
	}
	lines, faults := parseConfigFile(content, repeatable...)
	for i := range faults {
		faults[i].where = path.text + ":" + faults[i].where
	}
	values := make(map[string][]given)
	for _, l := range lines {
		where := fmt.Sprintf("%s:%d", path.text, l.number)
		if !slices.Contains(known, l.name) {
			faults = append(faults, fault{where, fmt.Sprintf("there is no setting %q%s", l.name, didYouMean(l.name, known))})
			continue
		}
		values[l.name] = append(values[l.name], given{l.value, where})
	}
	return values, faults
}

// quotedList lists the keys of a map for a message.
func quotedList[V any](m map[string]V) string {
	keys := slices.Sorted(maps.Keys(m))
	for i := range keys {
		keys[i] = fmt.Sprintf("%q", keys[i])
	}
	return strings.Join(keys, ", ")
}
