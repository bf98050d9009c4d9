package config

import (
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
)

var secretType = reflect.TypeFor[pipeline.Secret]()

// expandSecrets replaces ${NAME} in every secret by the environment's value.
func expandSecrets(c *Config, getenv func(string) (string, bool), problems *pipeline.Problems) {
	walkSecrets(reflect.ValueOf(c).Elem(), "", func(path string, secret, _ reflect.Value) {
		name, ok := envName(secret.String())
		if !ok {
			return
		}
		value, found := getenv(name)
		if !found {
			problems.Add(path, "environment variable %s is not set", name)
		}
		secret.SetString(value)
	})
}

// readSecrets fills in every secret that is given by the file named in its twin with the suffix _file, and empties the
// twin. It runs after Validate, which has complained where both were given.
func readSecrets(c *Config, problems *pipeline.Problems) {
	walkSecrets(reflect.ValueOf(c).Elem(), "", func(path string, secret, twin reflect.Value) {
		if !twin.IsValid() || twin.String() == "" || secret.String() != "" {
			return
		}
		data, err := os.ReadFile(twin.String())
		if err != nil {
			problems.Add(path+"_file", "%s", err)
			return
		}
		value := strings.TrimRight(string(data), "\r\n")
		if value == "" {
			problems.Add(path+"_file", "%s is empty", twin.String())
			return
		}
		secret.SetString(value)
		twin.SetString("")
	})
}

// envName says whether text is exactly ${NAME}.
func envName(text string) (string, bool) {
	name, ok := strings.CutPrefix(text, "${")
	if !ok {
		return "", false
	}
	name, ok = strings.CutSuffix(name, "}")
	return name, ok && name != ""
}

// walkSecrets visits every secret below v with the path of its key, and with its twin, the field named like it plus
// "File"; twin is invalid where there is none.
func walkSecrets(v reflect.Value, path string, visit func(path string, secret, twin reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walkSecrets(v.Elem(), path, visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walkSecrets(v.Index(i), path+"["+strconv.Itoa(i)+"]", visit)
		}
	case reflect.Map:
		if v.Type().Elem() == secretType {
			walkSecretMap(v, path, visit)
		}
	case reflect.Struct:
		walkStruct(v, path, visit)
	}
}

func walkStruct(v reflect.Value, path string, visit func(path string, secret, twin reflect.Value)) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch {
		case !f.IsExported():
		case f.Type == secretType:
			twin := v.FieldByName(f.Name + "File")
			if twin.IsValid() && twin.Kind() != reflect.String {
				twin = reflect.Value{}
			}
			visit(join(path, f), v.Field(i), twin)
		default:
			walkSecrets(v.Field(i), join(path, f), visit)
		}
	}
}

// walkSecretMap visits copies, since what a map holds cannot be changed in place, and puts them back.
func walkSecretMap(v reflect.Value, path string, visit func(path string, secret, twin reflect.Value)) {
	for _, key := range v.MapKeys() {
		held := reflect.New(secretType).Elem()
		held.Set(v.MapIndex(key))
		visit(path+"."+key.String(), held, reflect.Value{})
		v.SetMapIndex(key, held)
	}
}

func join(path string, f reflect.StructField) string {
	name, opts, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	if name == "" {
		name = strings.ToLower(f.Name)
	}
	switch {
	case strings.Contains(opts, "inline"):
		return path
	case path == "":
		return name
	}
	return path + "." + name
}
