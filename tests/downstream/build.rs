fn main() {
    libtorch_link::link();
}
