//! PostgreSQL's side: whether Waybill's own sessions are durable, and ending them.

use crate::Outcome;
use tokio_postgres::{Client, NoTls};

/// Notes, inside each session that moves the log on, what durability it runs with.
const WITNESS: &str = "
    CREATE TABLE crash_witness (application TEXT, fsync TEXT, synchronous_commit TEXT, full_page_writes TEXT, UNIQUE
        (application, fsync, synchronous_commit, full_page_writes));
    CREATE FUNCTION crash_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO crash_witness VALUES (current_setting('application_name'), current_setting('fsync'),
            current_setting('synchronous_commit'), current_setting('full_page_writes')) ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$;
    CREATE TRIGGER crash_note AFTER UPDATE ON log_head FOR EACH STATEMENT EXECUTE FUNCTION crash_note();";

/// Connects as the server's superuser.
///
/// # Errors
/// Where the server does not let us in.
pub async fn connect(url: &str) -> Outcome<Client> {
    let failed = |error: tokio_postgres::Error| format!("no connection to PostgreSQL: {error}");
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(failed)?;
    tokio::spawn(async move {
        // Ends with an error where the server is stopped; whoever uses the client is told.
        let _ = connection.await;
    });
    Ok(client)
}

/// Runs statements.
///
/// # Errors
/// As PostgreSQL says.
pub async fn execute(url: &str, sql: &str) -> Outcome {
    connect(url).await?.batch_execute(sql).await.map_err(|error| format!("{sql}: {error:?}"))
}

/// Lets every commit of Waybill say how durable it is.
///
/// # Errors
/// As PostgreSQL says.
pub async fn install_witness(url: &str) -> Outcome {
    execute(url, WITNESS).await
}

/// Fails unless commits were seen, and all of them by Waybill with `fsync` and `synchronous_commit` on.
///
/// # Errors
/// What was seen instead.
pub async fn hear_witness(url: &str) -> Outcome {
    let rows =
        connect(url).await?.query("SELECT * FROM crash_witness", &[]).await.map_err(|error| error.to_string())?;
    let heard: Vec<[String; 4]> = rows.iter().map(|row| std::array::from_fn(|n| row.get(n))).collect();
    if heard == [["waybill", "on", "on", "on"].map(str::to_owned)] {
        return Ok(());
    }
    Err(format!("commits ran with (application, fsync, synchronous_commit, full_page_writes): {heard:?}"))
}

/// Ends every session of Waybill (`pg_terminate_backend`). Returns how many.
///
/// # Errors
/// As PostgreSQL says.
pub async fn terminate(url: &str) -> Outcome<u64> {
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'waybill'";
    let ended = connect(url).await?.query(sql, &[]).await.map_err(|error| error.to_string())?;
    Ok(ended.len() as u64)
}
