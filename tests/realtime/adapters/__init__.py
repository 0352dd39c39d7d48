"""What each adapter assumes of the library that it knows from inside, and would notice the end of."""
