"""The front: the calls that programs make most, answered before Flask where nothing about them is unusual."""
