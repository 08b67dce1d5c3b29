-- results.sql: what has come of the games.

-- Push queries: in a script they end by themselves, where their topics end. Minutes count from noon,
-- when the first game began.
SELECT player, game, score FROM game_overs EMIT CHANGES;

SELECT player, (WINDOWSTART - 1704110400000) / 60000 AS minute, eaten, points
    FROM ghosts_per_minute EMIT CHANGES;

-- A pull query: the table as it stands now.
SELECT player, score, ghosts, deaths FROM scoreboard;
