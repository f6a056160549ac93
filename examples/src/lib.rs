//! Nothing here: the programs are beside it.
