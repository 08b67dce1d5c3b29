-- river.sql: water levels become the highest level of each gauge.

CREATE STREAM levels (gauge STRING KEY, cm INTEGER);

CREATE TABLE highest AS
    SELECT gauge, MAX(cm) AS cm, COUNT(*) AS readings
    FROM levels GROUP BY gauge EMIT CHANGES;

INSERT INTO levels (gauge, cm) VALUES ('mill', 120);
INSERT INTO levels (gauge, cm) VALUES ('bridge', 95);
INSERT INTO levels (gauge, cm) VALUES ('mill', 131);
INSERT INTO levels (gauge, cm) VALUES ('mill', 128);

SELECT gauge, cm, readings FROM highest EMIT CHANGES; -- as it changed
SELECT gauge, cm, readings FROM highest;              -- as it stands
