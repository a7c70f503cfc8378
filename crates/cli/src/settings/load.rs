//! Reads the sources one over the other and remembers which one each value came from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use config::{Config, ConfigError, Environment, File, FileFormat, Source, Value, ValueKind};

use super::Settings;

const DEFAULTS: &str = include_str!("default.toml");
const FILE_NAME: &str = "lotgraph.toml";
const PREFIX: &str = "LOTGRAPH";

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The built-in defaults.
    Default,
    /// A configuration file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Environment(name) => write!(formatter, "environment {name}"),
            Self::Flag => formatter.write_str("flag"),
        }
    }
}

/// What to read besides the defaults and the environment.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file; absent: `lotgraph.toml` in the working directory, if it is there.
    pub file: Option<PathBuf>,
    /// Values of flags by key, like `store` or `log.level`.
    pub flags: Vec<(&'static str, String)>,
}

/// The settings with the origin of each value.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// Key to value and origin, in order; passwords are hidden.
    pub origins: BTreeMap<String, (String, Origin)>,
}

/// Reads the configuration.
///
/// # Errors
/// A file that cannot be read, an unknown key, a value of the wrong kind: each with its place.
pub fn load(sources: &Sources) -> anyhow::Result<Loaded> {
    let mut builder = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
    let mut origins = BTreeMap::new();
    note(&mut origins, &File::from_str(DEFAULTS, FileFormat::Toml), |_| Origin::Default)?;
    if let Some(path) = file(sources)? {
        let source = File::from(path.as_path()).format(FileFormat::Toml);
        note(&mut origins, &source, |_| Origin::File(path.clone()))
            .with_context(|| format!("cannot read the configuration file {}", path.display()))?;
        builder = builder.add_source(source);
    }
    let environment = || Environment::with_prefix(PREFIX).prefix_separator("__").separator("__");
    note(&mut origins, &environment(), |key| Origin::Environment(variable(key)))?;
    builder = builder.add_source(environment().try_parsing(true));
    for (key, value) in &sources.flags {
        builder = builder.set_override(*key, value.as_str())?;
        origins.insert((*key).to_owned(), (shown(key, value), Origin::Flag));
    }
    let settings =
        builder.build().and_then(Config::try_deserialize).map_err(|error| explain(&error, &origins))?;
    Ok(Loaded { settings, origins })
}

fn file(sources: &Sources) -> anyhow::Result<Option<PathBuf>> {
    match &sources.file {
        Some(path) if !path.exists() => bail!("there is no configuration file {}", path.display()),
        Some(path) => Ok(Some(path.clone())),
        None => Ok(Some(PathBuf::from(FILE_NAME)).filter(|path: &PathBuf| Path::exists(path))),
    }
}

fn variable(key: &str) -> String {
    format!("{PREFIX}__{}", key.replace('.', "__").to_uppercase())
}

fn note(
    origins: &mut BTreeMap<String, (String, Origin)>,
    source: &dyn Source,
    origin: impl Fn(&str) -> Origin,
) -> Result<(), ConfigError> {
    for (key, value) in source.collect()? {
        flatten(&key, &value, &mut |key, text| {
            let shown = shown(key, &text);
            origins.insert(key.to_owned(), (shown, origin(key)));
        });
    }
    Ok(())
}

fn flatten(key: &str, value: &Value, emit: &mut impl FnMut(&str, String)) {
    match &value.kind {
        ValueKind::Table(table) => {
            for (name, value) in table {
                flatten(&format!("{key}.{name}"), value, emit);
            }
        }
        _ => emit(key, value.to_string()),
    }
}

fn shown(key: &str, value: &str) -> String {
    if key.ends_with("password") && !value.is_empty() { "…".to_owned() } else { super::redact(value) }
}

/// Names the source of the key that the error is about.
fn explain(error: &ConfigError, origins: &BTreeMap<String, (String, Origin)>) -> anyhow::Error {
    let text = error.to_string();
    let unknown = text.split("unknown field `").nth(1).and_then(|rest| rest.split('`').next());
    let place = unknown.and_then(|field| {
        origins
            .iter()
            .find(|(key, _)| key.split('.').any(|part| part == field))
            .map(|(key, (_, origin))| format!(" (key {key}, from {origin})"))
    });
    anyhow::anyhow!("the configuration cannot be used: {text}{}", place.unwrap_or_default())
}
