//! Where the store of a run is.

use crate::Outcome;
use crate::folder::Folder;
use crate::process::Program;
use crate::session;
use std::path::Path;
use waybill_private_postgres::{Programs, Server};

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// A place for one store, with the database server where there is one.
#[derive(Debug)]
pub struct Place {
    // The server ends before the folder goes.
    pub server: Option<Server>,
    pub folder: Folder,
}

/// Whether PostgreSQL's server programs are there; a test that needs a server of its own says that it is skipped otherwise.
pub fn has_postgres() -> bool {
    let found = Programs::find().is_some();
    if !found {
        eprintln!("skipped: there are no PostgreSQL server programs for a server that may be taken down");
    }
    found
}

/// The database of a run on PostgreSQL.
pub const DATABASE: &str = "shop";

impl Place {
    /// # Errors
    /// Where the folder or the server cannot be made.
    pub async fn create(kind: Kind) -> Outcome<Self> {
        let folder = Folder::create()?;
        let server = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => {
                let server = Server::start(&Programs::find_or_install()?)?;
                session::execute(&server.url(), &format!("CREATE DATABASE {DATABASE}")).await?;
                Some(server)
            }
        };
        Ok(Self { server, folder })
    }

    /// `binary` on this store.
    pub fn program(&self, binary: &Path) -> Program {
        let database = match &self.server {
            None => format!("sqlite:{}", self.folder.join("waybill.db").display()),
            Some(server) => server.url_of(DATABASE),
        };
        Program { binary: binary.to_owned(), database, log: self.folder.join("log") }
    }
}
