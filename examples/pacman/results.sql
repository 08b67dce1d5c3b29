-- results.sql: what has come of the games.

-- A push query: in a script it ends by itself, where its topic ends.
SELECT player, game, score FROM game_overs EMIT CHANGES;

-- Pull queries: the tables as they stand now. Minutes count from noon, when the first game began.
SELECT player, (WINDOWSTART - 1704110400000) / 60000 AS minute, eaten, points
    FROM ghosts_per_minute;

SELECT player, score, ghosts, deaths FROM scoreboard;
