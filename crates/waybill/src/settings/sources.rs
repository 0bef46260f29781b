//! Reads settings from all sources and reports every problem at once.

use super::Settings;
use super::value::Given;
use std::path::PathBuf;

/// Variables that are ours and no settings: where the file is, the key that the README's requests carry, and what tests
/// use.
const OTHER_VARIABLES: [&str; 3] = ["WAYBILL_CONFIG", "WAYBILL_JSON", "WAYBILL_KEY"];
const TEST_VARIABLES: &str = "WAYBILL_TEST_";

/// One thing wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file and key, the variable or the flag.
    pub place: String,
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Where settings come from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    pub file: Option<PathBuf>,
    /// `WAYBILL_*` variables with their values.
    pub environment: Vec<(String, String)>,
    /// Section, name and value of each flag given.
    pub flags: Vec<(&'static str, &'static str, String)>,
}

impl Sources {
    /// The environment of this process, and nothing else yet.
    pub fn of_this_process() -> Self {
        let ours = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            let name = name.into_string().ok().filter(|name| name.starts_with("WAYBILL_"))?;
            Some((name, value.to_string_lossy().into_owned()))
        };
        Self { file: None, environment: std::env::vars_os().filter_map(ours).collect(), flags: Vec::new() }
    }

    /// # Errors
    /// Every problem of every source.
    pub fn read(&self) -> Result<Settings, Vec<Problem>> {
        let mut settings = Settings::default();
        let mut problems = Vec::new();
        self.read_file(&mut settings, &mut problems);
        self.read_environment(&mut settings, &mut problems);
        for (section, name, value) in &self.flags {
            let flag = || format!("--{}", name.replace('_', "-"));
            take(&mut settings, section, name, &Given::Text(value.clone()), flag, &mut problems);
        }
        problems.extend(settings.problems());
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }

    fn read_file(&self, settings: &mut Settings, problems: &mut Vec<Problem>) {
        let Some(path) = &self.file else { return };
        let place = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => take_text(&place, &text, settings, problems),
            Err(error) => problems.push(Problem { place, what: format!("cannot be read: {error}") }),
        }
    }

    fn read_environment(&self, settings: &mut Settings, problems: &mut Vec<Problem>) {
        let known = Settings::default().list();
        for (variable, value) in &self.environment {
            if OTHER_VARIABLES.contains(&variable.as_str()) || variable.starts_with(TEST_VARIABLES) {
                continue;
            }
            let setting = known.iter().find(|known| super::example::variable(known) == *variable);
            let (section, name) = setting.map_or(("", variable.as_str()), |known| (known.section, known.name));
            take(settings, section, name, &Given::Text(value.clone()), || variable.clone(), problems);
        }
    }
}

/// Takes in the text of a file that is called `file`.
fn take_text(file: &str, text: &str, settings: &mut Settings, problems: &mut Vec<Problem>) {
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(error) => {
            let what = format!("is not TOML: {}", place_in(text, &error));
            return problems.push(Problem { place: file.to_owned(), what });
        }
    };
    for (name, value) in table {
        match value {
            toml::Value::Table(section) => {
                for (inner, value) in section {
                    let place = || format!("{file} {name}.{inner}");
                    take(settings, &name, &inner, &Given::Toml(value), place, problems);
                }
            }
            value => take(settings, "", &name, &Given::Toml(value), || format!("{file} {name}"), problems),
        }
    }
}

fn take(
    settings: &mut Settings,
    section: &str,
    name: &str,
    given: &Given,
    place: impl Fn() -> String,
    problems: &mut Vec<Problem>,
) {
    let what = match settings.set(section, name, given) {
        Some(Ok(())) => return,
        Some(Err(what)) => what,
        None => "is not a setting; `waybill config example` lists them all".to_owned(),
    };
    problems.push(Problem { place: place(), what });
}

/// `line 3, column 5: what is wrong there`, on one line.
fn place_in(text: &str, error: &toml::de::Error) -> String {
    let what = error.message().trim().replace('\n', ", ");
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else {
        return what;
    };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}: {what}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::Index;

    fn read_text(text: &str) -> Result<Settings, Vec<Problem>> {
        let (mut settings, mut problems) = (Settings::default(), Vec::new());
        take_text("file", text, &mut settings, &mut problems);
        problems.extend(settings.problems());
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }

    fn sources(
        file: Option<&str>,
        environment: &[(&str, &str)],
        flags: &[(&'static str, &'static str, &str)],
    ) -> Sources {
        let file = file.map(|text| {
            let path =
                std::env::temp_dir().join(format!("waybill-settings-{}-{}.toml", std::process::id(), text.len()));
            std::fs::write(&path, text).expect("a file for the test");
            path
        });
        Sources {
            file,
            environment: environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            flags: flags.iter().map(|(section, name, value)| (*section, *name, (*value).to_owned())).collect(),
        }
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        let file = "log = \"warn\"\n[server]\nlisten = \"127.0.0.1:1\"\nsettle_ms = 1\n[engine]\nbatch_max = 7\n";
        let environment = [("WAYBILL_SERVER_LISTEN", "127.0.0.1:2"), ("WAYBILL_SERVER_SETTLE_MS", "2")];
        let settings =
            sources(Some(file), &environment, &[("server", "listen", "127.0.0.1:3")]).read().expect("good settings");
        assert_eq!(settings.server.listen.port(), 3);
        assert_eq!(settings.server.settle_ms, 2);
        assert_eq!(settings.engine.batch_max, 7);
        assert_eq!(settings.process.log, "warn");
        assert_eq!(settings.gateway, Settings::default().gateway);
    }

    #[test]
    fn every_problem_of_every_source_is_named_at_once() {
        let file = "colour = 1\n[server]\nlisten = 8080\nspeed = 9\n";
        let environment = [
            ("WAYBILL_SERVR_LISTEN", "x"),
            ("WAYBILL_ENGINE_BATCH_MAX", "0"),
            ("WAYBILL_WEBHOOKS_LIMIT_MS", "0"),
            ("WAYBILL_TEST_X", "y"),
        ];
        let problems =
            sources(Some(file), &environment, &[("server", "settle_ms", "-1")]).read().expect_err("bad settings");
        let text = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        for place in [
            "colour",
            "server.listen",
            "server.speed",
            "WAYBILL_SERVR_LISTEN",
            "--settle-ms",
            "engine.batch_max",
            "webhooks.limit_ms",
        ] {
            assert!(text.contains(place), "{place} is missing in:\n{text}");
        }
        assert_eq!(problems.len(), 7, "{text}");
    }

    #[test]
    fn single_sign_on_needs_to_know_where_browsers_come_back_to() {
        let read = |url: &str| {
            let file = format!("[oidc]\nissuer = \"https://id.example\"\n[server]\npublic_url = \"{url}\"\n");
            sources(Some(&file), &[], &[]).read().map(|_| ()).map_err(|problems| problems[0].to_string())
        };
        for good in ["https://waybill.example", "https://waybill.example/", "http://127.0.0.1:8080", "http://[::1]:80"]
        {
            assert_eq!(read(good), Ok(()), "{good}");
        }
        for bad in [
            "off",
            "waybill.example",
            "https://",
            "https://waybill.example/path",
            "https://a b",
            "ftp://x",
            "https://a?b",
        ] {
            assert!(read(bad).is_err_and(|problem| problem.starts_with("server.public_url: must be")), "{bad}");
        }
    }

    #[test]
    fn a_file_that_is_no_toml_is_told_by_line_and_column() {
        let problems = sources(Some("log = \"info\"\n[server\n"), &[], &[]).read().expect_err("no TOML");
        let text = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(text.contains("is not TOML: line 2, column 8: "), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }

    /// What may stand as a value in a file.
    fn value() -> impl Strategy<Value = toml::Value> {
        prop_oneof![
            any::<String>().prop_map(toml::Value::String),
            "[a-z0-9.:/]{1,20}".prop_map(toml::Value::String),
            any::<i64>().prop_map(toml::Value::Integer),
            (-1..3_i64).prop_map(toml::Value::Integer),
            any::<bool>().prop_map(toml::Value::Boolean),
            any::<f64>().prop_map(toml::Value::Float),
            Just(toml::Value::Array(Vec::new())),
        ]
    }

    proptest! {
        #[test]
        fn any_text_is_a_file_of_settings_or_has_problems(text in any::<String>()) {
            let _ = read_text(&text);
        }

        /// Whatever the file and the environment say: every problem is told, and what is read is written so that it is
        /// read again as the same.
        #[test]
        fn any_settings_are_refused_or_read_back_the_same(
            given in prop::collection::vec((any::<Index>(), value()), 0..5),
            variables in prop::collection::vec((any::<Index>(), prop_oneof![any::<String>(), "-?[0-9_]{1,20}", "true|off|sqlite:x"]), 0..3),
        ) {
            let known = Settings::default().list();
            let mut file = toml::Table::new();
            for (index, value) in given {
                let known = index.get(&known);
                if known.section.is_empty() {
                    file.insert(known.name.to_owned(), value);
                } else if let Some(section) = file
                    .entry(known.section)
                    .or_insert_with(|| toml::Value::Table(toml::Table::new()))
                    .as_table_mut()
                {
                    section.insert(known.name.to_owned(), value);
                }
            }
            let environment = variables.into_iter().map(|(index, text)| (super::super::example::variable(index.get(&known)), text));
            let sources = Sources { file: None, environment: environment.collect(), flags: Vec::new() };
            let (mut settings, mut problems) = (Settings::default(), Vec::new());
            take_text("file", &toml::to_string(&file).unwrap(), &mut settings, &mut problems);
            sources.read_environment(&mut settings, &mut problems);
            problems.extend(settings.problems());
            prop_assert!(problems.iter().all(|problem| !problem.what.is_empty() && !problem.place.is_empty()));
            // URLs and secrets are written without what opens something.
            let is_plain = [&settings.process.database, &settings.nats.url].iter().all(|url| url.shown() == url.as_str());
            let is_plain = is_plain && settings.oidc.client_secret.reveal().is_none();
            if problems.is_empty() && is_plain {
                prop_assert_eq!(read_text(&super::super::example::written(&settings)), Ok(settings));
            }
        }
    }

    #[test]
    fn the_example_file_is_read_as_the_defaults() {
        let settings = sources(Some(&super::super::example()), &[], &[]).read().expect("good settings");
        assert_eq!(settings, Settings::default());
    }
}
