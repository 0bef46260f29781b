//! Values of settings: as text from flags and the environment, as TOML from the file.

use std::net::SocketAddr;

/// A value as some source gave it.
#[derive(Clone, Debug)]
pub enum Given {
    Text(String),
    Toml(toml::Value),
}

/// A type that a setting can have.
pub trait Setting: Sized {
    /// # Errors
    /// What is expected instead, in words.
    fn take(given: &Given) -> Result<Self, String>;
    /// As written in the file, without passwords.
    fn show(&self) -> String;
}

impl Setting for String {
    fn take(given: &Given) -> Result<Self, String> {
        match given {
            Given::Text(text) | Given::Toml(toml::Value::String(text)) if !text.trim().is_empty() => Ok(text.clone()),
            _ => Err("must be a text that is not empty".to_owned()),
        }
    }
    fn show(&self) -> String {
        toml::Value::String(self.clone()).to_string()
    }
}

impl Setting for bool {
    fn take(given: &Given) -> Result<Self, String> {
        match given {
            Given::Toml(toml::Value::Boolean(value)) => Ok(*value),
            Given::Text(text) => text.parse().map_err(|_| "must be true or false".to_owned()),
            Given::Toml(_) => Err("must be true or false".to_owned()),
        }
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for SocketAddr {
    fn take(given: &Given) -> Result<Self, String> {
        match given {
            Given::Text(text) | Given::Toml(toml::Value::String(text)) => text.parse().ok(),
            Given::Toml(_) => None,
        }
        .ok_or_else(|| "must be an address and a port such as 127.0.0.1:8080".to_owned())
    }
    fn show(&self) -> String {
        format!("\"{self}\"")
    }
}

macro_rules! numbers {
    ($($type:ty),+) => {$(
        impl Setting for $type {
            fn take(given: &Given) -> Result<Self, String> {
                match given {
                    Given::Toml(toml::Value::Integer(number)) => Self::try_from(*number).ok(),
                    Given::Text(text) => text.replace('_', "").parse().ok(),
                    Given::Toml(_) => None,
                }
                .ok_or_else(|| format!("must be a whole number from 0 to {}", Self::MAX))
            }
            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+};
}
numbers!(u32, u64, usize);
