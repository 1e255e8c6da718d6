"""What sways a judge: places, lengths, chance."""
