//! The job queue, its jobs that fail or are held, and housekeeping.

pub mod failed_jobs;
pub mod held_jobs;
pub mod housekeeping;
pub mod jobs;
pub mod old_rows;
pub mod operator_work;

#[cfg(test)]
mod plan_tests;
