"""What Sitedeck keeps: SQLite through fastlite, one small module per aggregate."""
