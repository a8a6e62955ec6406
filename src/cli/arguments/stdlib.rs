//! Arguments of `telefonist stdlib`.

#[derive(clap::Args, Debug)]
pub struct StdlibArguments {
    /// A module or a function, such as calls or calls::establish
    pub name: Option<String>,
}
