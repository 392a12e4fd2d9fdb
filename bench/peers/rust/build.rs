// PROTO_FOLDER: where parlance/inference.proto lies.
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::var("PROTO_FOLDER")?;
    println!("cargo:rerun-if-env-changed=PROTO_FOLDER");
    tonic_prost_build::configure().compile_protos(&[format!("{folder}/parlance/inference.proto")], &[folder])?;
    Ok(())
}
