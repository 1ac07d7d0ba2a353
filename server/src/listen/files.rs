//! The process's limit of open files, which bounds the number of connections.

use super::ConnectionLimits;

/// File descriptors reserved for the database, calls to providers and endpoints, and mails.
const RESERVED_FILES: usize = 512;

/// Raises the limit of open files to the system's maximum. Returns `limits`, with a lower total if the maximum does not
/// suffice for it.
pub(super) fn fit_to_file_limit(limits: ConnectionLimits) -> ConnectionLimits {
    let files = match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(files) => usize::try_from(files).unwrap_or(usize::MAX),
        Err(error) => {
            tracing::warn!(%error, "failed to raise the limit of open files");
            return limits;
        }
    };
    let total = max_connections(files).min(limits.total);
    if total < limits.total {
        tracing::warn!(
            open_files = files,
            max_connections = limits.total,
            effective = total,
            "limit of open files is too low for MAX_CONNECTIONS: raise it (ulimit -n, LimitNOFILE) or lower MAX_CONNECTIONS"
        );
    }
    ConnectionLimits { total, ..limits }
}

/// Returns how many connections `files` descriptors allow; at least one, for health checks.
fn max_connections(files: usize) -> usize {
    files.saturating_sub(RESERVED_FILES).max(files / 2).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_reserved_for_everything_but_connections() {
        assert_eq!(max_connections(65_536), 65_024);
        assert_eq!(max_connections(1024), 512);
        assert_eq!(max_connections(256), 128);
        assert_eq!(max_connections(0), 1);
    }
}
