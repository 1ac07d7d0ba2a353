//! Whether other processes have written to a `SQLite` database.

use super::direct_writer::CountsRead;

/// What has been written up to one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignWrites {
    /// Which connection sqlx's writer is.
    pub(super) connection: i64,
    /// `SQLite`'s `data_version` of that connection: it changes when another connection writes.
    pub(super) version: i64,
    pub(super) counts: CountsRead,
}

impl ForeignWrites {
    /// Whether only this process has written since `earlier`, the one before this. `false` if that is not certain.
    pub fn is_unchanged_since(&self, earlier: &Self) -> bool {
        let CountsRead { begun, direct, foreign } = self.counts;
        if self.connection != earlier.connection || foreign != earlier.counts.foreign {
            return false;
        }
        // The direct writer changes the version, too. It sees other processes by itself, unless sqlx has written
        // meanwhile.
        self.version == earlier.version || (direct != earlier.counts.direct && begun == earlier.counts.begun)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const COUNTS: CountsRead = CountsRead { begun: 1, direct: 1, foreign: 1 };

    #[rstest]
    #[case::nothing(5, COUNTS, true)]
    #[case::sqlx_alone(5, CountsRead { begun: 2, ..COUNTS }, true)]
    #[case::the_direct_writer_alone(6, CountsRead { direct: 2, ..COUNTS }, true)]
    #[case::both_which_hides_others(6, CountsRead { begun: 2, direct: 2, foreign: 1 }, false)]
    #[case::another_process(6, COUNTS, false)]
    #[case::another_process_and_sqlx(6, CountsRead { begun: 2, ..COUNTS }, false)]
    #[case::another_process_seen_by_the_direct_writer(6, CountsRead { direct: 2, foreign: 2, ..COUNTS }, false)]
    fn a_write_of_another_process_is_never_missed(
        #[case] version: i64,
        #[case] counts: CountsRead,
        #[case] is_unchanged: bool,
    ) {
        let earlier = ForeignWrites { connection: 1, version: 5, counts: COUNTS };
        let now = ForeignWrites { connection: 1, version, counts };
        assert_eq!(now.is_unchanged_since(&earlier), is_unchanged);
        assert!(!ForeignWrites { connection: 2, ..now }.is_unchanged_since(&earlier), "a new connection");
    }
}
