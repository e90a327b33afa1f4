"""What the tests share: data, fixtures, and ways to make replies."""
