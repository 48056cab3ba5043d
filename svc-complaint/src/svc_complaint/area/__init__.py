"""Area verification orders (区域协查): a batch of persons in, split to counties, collected, reported up."""
