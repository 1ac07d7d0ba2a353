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

/// Who has written since an earlier time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenBy {
    /// This process alone.
    Ourselves,
    /// Perhaps other processes, too: both writers of this process have written, which hides others.
    Unknown,
    Others,
}

impl ForeignWrites {
    /// Returns who has written since `earlier`.
    pub fn since(&self, earlier: &Self) -> WrittenBy {
        let CountsRead { begun, direct, foreign } = self.counts;
        if self.connection != earlier.connection || foreign != earlier.counts.foreign {
            return WrittenBy::Others;
        }
        // The direct writer changes the version, too. It sees other processes by itself, unless sqlx has written
        // meanwhile.
        match (self.version == earlier.version, direct == earlier.counts.direct, begun == earlier.counts.begun) {
            (true, _, _) | (false, false, true) => WrittenBy::Ourselves,
            (false, false, false) => WrittenBy::Unknown,
            (false, true, _) => WrittenBy::Others,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const COUNTS: CountsRead = CountsRead { begun: 1, direct: 1, foreign: 1 };

    #[rstest]
    #[case::nothing(5, COUNTS, WrittenBy::Ourselves)]
    #[case::sqlx_alone(5, CountsRead { begun: 2, ..COUNTS }, WrittenBy::Ourselves)]
    #[case::the_direct_writer_alone(6, CountsRead { direct: 2, ..COUNTS }, WrittenBy::Ourselves)]
    #[case::both_which_hides_others(6, CountsRead { begun: 2, direct: 2, foreign: 1 }, WrittenBy::Unknown)]
    #[case::another_process(6, COUNTS, WrittenBy::Others)]
    #[case::another_process_and_sqlx(6, CountsRead { begun: 2, ..COUNTS }, WrittenBy::Others)]
    #[case::another_process_seen_by_the_direct_writer(6, CountsRead { direct: 2, foreign: 2, ..COUNTS }, WrittenBy::Others)]
    fn a_write_of_another_process_is_never_missed(
        #[case] version: i64,
        #[case] counts: CountsRead,
        #[case] by: WrittenBy,
    ) {
        let earlier = ForeignWrites { connection: 1, version: 5, counts: COUNTS };
        let now = ForeignWrites { connection: 1, version, counts };
        assert_eq!(now.since(&earlier), by);
        assert_eq!(ForeignWrites { connection: 2, ..now }.since(&earlier), WrittenBy::Others, "a new connection");
    }
}
