//! The arguments after the question mark: each known, and given once unless it may repeat.

use actix_web::web::Query;

use super::failure::Failure;

/// The arguments of a request, taken one by one.
pub struct Arguments {
    pairs: Vec<(String, String)>,
}

impl Arguments {
    /// Reads the arguments.
    ///
    /// # Errors
    /// `ARGUMENT_INVALID` for one that is not `known`: a misspelt limit must not be ignored.
    pub fn read(query: &str, known: &[&str]) -> Result<Self, Failure> {
        let pairs = Query::<Vec<(String, String)>>::from_query(query)
            .map_err(|error| Failure::argument("the part after the question mark", error))?
            .into_inner();
        match pairs.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => Err(Failure::argument(
                &format!("{name:?}"),
                format!("is not known here; known: {}", known.join(", ")),
            )),
            None => Ok(Self { pairs }),
        }
    }

    /// All values of an argument that may repeat.
    pub fn all(&mut self, name: &str) -> Vec<String> {
        let (taken, rest) = std::mem::take(&mut self.pairs).into_iter().partition(|(n, _)| n == name);
        self.pairs = rest;
        let taken: Vec<(String, String)> = taken;
        taken.into_iter().map(|(_, value)| value).collect()
    }

    /// The value of an argument; an empty one counts as absent.
    ///
    /// # Errors
    /// When it is given twice.
    pub fn one(&mut self, name: &str) -> Result<Option<String>, Failure> {
        let mut values = self.all(name);
        if values.len() > 1 {
            return Err(Failure::argument(name, "is given more than once"));
        }
        Ok(values.pop().filter(|value| !value.is_empty()))
    }

    /// A truth value.
    ///
    /// # Errors
    /// When it is neither true nor false.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, Failure> {
        self.one(name)?
            .map(|value| {
                value
                    .parse()
                    .map_err(|_| Failure::argument(name, format!("must be true or false, not {value:?}")))
            })
            .transpose()
    }
}
