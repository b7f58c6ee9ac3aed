pub(super) fn mine<S: super::sink::Sink>(
    database: &super::database::Database,
    max_len: usize,
    shared: &super::watch::Shared<'_>,
) -> crate::error::Result<Vec<S>> {
    super::eclat::mine(database, max_len, shared)
}
